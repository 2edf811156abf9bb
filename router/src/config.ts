import { parseArgs } from 'node:util';
import { httpUrl, logLevel, port, readConfig, secret, wholeNumber } from '@cafe-for-me/lib/config';
import { z } from 'zod';
import { StartRefused } from './refusal.ts';

export const usage = `One GraphQL endpoint over a federated supergraph: queries, mutations and subscriptions at /graphql.

  node router/dist/main.js --supergraph FILE [--port N] [--host ADDRESS]

  --supergraph FILE   the composed supergraph SDL                                   (SUPERGRAPH)
  --port N            where to listen, 0 for any free port; default 4000            (PORT)
  --host ADDRESS      default 127.0.0.1                                             (HOST)
  --help              this text

Further settings come from the environment:
  LOG_LEVEL                 default info
  SUBGRAPH_URL_<NAME>       where a subgraph is, in place of the url in the supergraph
  SUBGRAPH_TIMEOUT_MS       how long a subgraph may take for one fetch; default 10000
  ROUTER_KEY                secret that signs what the router says to subgraphs; without it nothing is said
  JWT_JWKS                  key set (file or http(s) address) that clients' tokens are checked with; without it no
  JWT_ISSUER, JWT_AUDIENCE  token is looked at
  PLAYGROUND_TOKENS_FILE    JSON [{"label", "token"}] that the playground offers; for demonstrations only
  PLAYGROUND_EXAMPLES_FILE  JSON [{"title", "query", "variables"}] that the playground offers
`;

const schema = z.object({
  SUPERGRAPH: z.string().describe('the path of a supergraph SDL file (or give --supergraph FILE)'),
  PORT: port().default(4000),
  HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: logLevel().default('info'),
  SUBGRAPH_TIMEOUT_MS: wholeNumber('milliseconds', 10_000).default(10_000),
  ROUTER_KEY: secret().optional(),
  JWT_JWKS: z.string().describe('the path or http(s) address of a key set').optional(),
  JWT_ISSUER: z.string().describe('the issuer that tokens name').optional(),
  JWT_AUDIENCE: z.string().describe('the audience that tokens name').optional(),
  PLAYGROUND_TOKENS_FILE: z.string().optional(),
  PLAYGROUND_EXAMPLES_FILE: z.string().optional(),
});

/**
 * The router's settings: the command line first, then the environment.
 *
 * @throws ConfigError that lists what is missing or wrong
 */
export function readSettings(args: readonly string[], env: Readonly<Record<string, string | undefined>>) {
  const given = parsedArguments(args);
  const values = readConfig(schema, {
    ...env,
    ...(given.supergraph !== undefined && { SUPERGRAPH: given.supergraph }),
    ...(given.port !== undefined && { PORT: given.port }),
    ...(given.host !== undefined && { HOST: given.host }),
  });
  return {
    supergraph: values.SUPERGRAPH,
    port: values.PORT,
    host: values.HOST,
    logLevel: values.LOG_LEVEL,
    subgraphTimeoutMs: values.SUBGRAPH_TIMEOUT_MS,
    routerKey: values.ROUTER_KEY,
    tokens: tokenSettings(values),
    subgraphUrls: subgraphUrls(env),
    playground: { tokensFile: values.PLAYGROUND_TOKENS_FILE, examplesFile: values.PLAYGROUND_EXAMPLES_FILE },
  } as const;
}

function parsedArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        supergraph: { type: 'string' },
        port: { type: 'string' },
        host: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new StartRefused(`${(error as Error).message.split('. ', 1)[0]}. See --help.`);
  }
}

function tokenSettings(values: z.output<typeof schema>) {
  if (values.JWT_JWKS === undefined) return undefined;
  if (values.JWT_ISSUER === undefined || values.JWT_AUDIENCE === undefined) {
    throw new StartRefused('JWT_JWKS is set, so JWT_ISSUER and JWT_AUDIENCE must be set too.');
  }
  return { jwks: values.JWT_JWKS, issuer: values.JWT_ISSUER, audience: values.JWT_AUDIENCE };
}

/** `SUBGRAPH_URL_CUSTOMER` → `CUSTOMER`; compared with a subgraph's name by `environmentName`. */
function subgraphUrls(env: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, string> {
  const prefix = 'SUBGRAPH_URL_';
  const names = Object.keys(env).filter((name) => name.startsWith(prefix) && env[name] !== '');
  const urls = readConfig(z.object(Object.fromEntries(names.map((name) => [name, httpUrl()]))), env);
  return new Map(Object.entries(urls).map(([name, url]) => [name.slice(prefix.length), url]));
}
