import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseConfigFile, refused, type ConfigFile, type KeyPath } from './config-file.ts';
import { problemsOf } from './config-problems.ts';
import { schemaAt, takesNull } from './config-schema.ts';
import { StartRefused } from '../refusal.ts';
import { environmentName, type AddressOf } from '../subgraphs/subgraph-address.ts';
import { forwardFromText } from '../transport/pages-settings.ts';
import { settingsSchema, type Settings } from './settings.ts';

export const usage = `One GraphQL endpoint over a federated supergraph: queries, mutations and subscriptions at /graphql.

  node router/dist/main.js --supergraph FILE [--config FILE] [--port N] [--host ADDRESS] [--workers N]

  --supergraph FILE   the composed supergraph SDL; followed while it changes        (SUPERGRAPH)
  --config FILE       a YAML file with further settings                             (CONFIG)
  --port N            where to listen, 0 for any free one; default 4000             (PORT)
  --host ADDRESS      default 127.0.0.1                                             (HOST)
  --workers N         processes that serve together; default 1                      (WORKERS)
  --check-config      says whether the configuration is valid and its files can be read, and ends
  --print-config-example, --print-config-schema
                      a file with every setting, its meaning and its default; and the JSON schema of such files
  --help              this text

The command line is stronger than the environment, the environment than the file, and the file than the defaults. In the
file, \${NAME} stands for a variable of the environment, \${NAME:-text} has a default. Paths begin at the working directory.

The environment:
  LOG_LEVEL                 default info
  SUBGRAPH_URL_<NAME>       where a subgraph is, in place of the url in the supergraph
  SUBGRAPH_TIMEOUT_MS       how long a subgraph may take for one fetch; default 10000
  ROUTER_KEY                secret that signs what the router says to subgraphs; without it nothing is said
  JWT_JWKS                  key set (file or http(s) address) that clients' tokens are checked with; without it no
  JWT_ISSUER, JWT_AUDIENCE  token is looked at
  METRICS_PORT, METRICS_HOST
                            where GET /metrics is answered, for Prometheus; without a port it isn't
  OTEL_EXPORTER_OTLP_ENDPOINT
                            where spans go, as OTLP's JSON over HTTP; without it nothing is traced
  OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, OTEL_BSP_SCHEDULE_DELAY
                            what OpenTelemetry says of them
  LISTEN_NAMES              names that it goes by beside localhost and addresses, with commas between; for what only
                            pages of its own may have: tokens of demonstrations, and what is forwarded
  EXPLAIN_ENABLED           true: requests that ask for it are told their query plan; default false
  PLAYGROUND_TOKENS_FILE    JSON [{"label", "token"}] that the playground offers, and GET /demo/personas to
                            pages; for demonstrations only
  PLAYGROUND_EXAMPLES_FILE  JSON [{"title", "query", "variables", …}] that the playground offers; see PLAYGROUND.md
  PAGES_DIRECTORY           a folder of built pages, which are served at / and below
  PAGES_FORWARD             what pages need beside the graph: path=address,path=address, or a JSON object

Signals: SIGTERM and SIGINT finish what is in flight and end it (again: at once). SIGHUP reads the supergraph file, the
manifest of persisted operations and the revocations again; where it was started from a terminal, it ends with that.
`;

type Environment = Readonly<Record<string, string | undefined>>;

const options = {
  supergraph: { type: 'string' },
  config: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  workers: { type: 'string' },
  'check-config': { type: 'boolean' },
  'print-config-example': { type: 'boolean' },
  'print-config-schema': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** A setting that may stand elsewhere than in the file. */
interface Source {
  readonly path: readonly string[];
  readonly variable: string;
  readonly argument?: 'supergraph' | 'port' | 'host' | 'workers';
  readonly number?: true;
  readonly boolean?: true;
  /** What a text there means. @default itself */
  readonly read?: (text: string) => unknown;
}

const sources: readonly Source[] = [
  { path: ['supergraph'], variable: 'SUPERGRAPH', argument: 'supergraph' },
  { path: ['listen', 'port'], variable: 'PORT', argument: 'port', number: true },
  { path: ['listen', 'host'], variable: 'HOST', argument: 'host' },
  { path: ['listen', 'names'], variable: 'LISTEN_NAMES', read: (text) => text.split(',').map((name) => name.trim()) },
  { path: ['workers'], variable: 'WORKERS', argument: 'workers', number: true },
  { path: ['log', 'level'], variable: 'LOG_LEVEL' },
  { path: ['subgraphs', 'timeoutMs'], variable: 'SUBGRAPH_TIMEOUT_MS', number: true },
  { path: ['identity', 'routerKey'], variable: 'ROUTER_KEY' },
  { path: ['identity', 'jwt', 'jwks'], variable: 'JWT_JWKS' },
  { path: ['identity', 'jwt', 'issuer'], variable: 'JWT_ISSUER' },
  { path: ['identity', 'jwt', 'audience'], variable: 'JWT_AUDIENCE' },
  { path: ['telemetry', 'metrics', 'port'], variable: 'METRICS_PORT', number: true },
  { path: ['telemetry', 'metrics', 'host'], variable: 'METRICS_HOST' },
  { path: ['telemetry', 'traces', 'endpoint'], variable: 'OTEL_EXPORTER_OTLP_ENDPOINT' },
  { path: ['telemetry', 'traces', 'service'], variable: 'OTEL_SERVICE_NAME' },
  { path: ['telemetry', 'traces', 'sampler'], variable: 'OTEL_TRACES_SAMPLER' },
  { path: ['telemetry', 'traces', 'ratio'], variable: 'OTEL_TRACES_SAMPLER_ARG', number: true },
  { path: ['telemetry', 'traces', 'gatherMs'], variable: 'OTEL_BSP_SCHEDULE_DELAY', number: true },
  { path: ['explain', 'enabled'], variable: 'EXPLAIN_ENABLED', boolean: true },
  { path: ['playground', 'tokensFile'], variable: 'PLAYGROUND_TOKENS_FILE' },
  { path: ['playground', 'examplesFile'], variable: 'PLAYGROUND_EXAMPLES_FILE' },
  { path: ['pages', 'directory'], variable: 'PAGES_DIRECTORY' },
  { path: ['pages', 'forward'], variable: 'PAGES_FORWARD', read: forwardFromText },
];

const subgraphUrlPrefix = 'SUBGRAPH_URL_';

/** What the router shall do and how. */
export interface Configuration {
  readonly supergraph: string;
  readonly settings: Settings;
  readonly addressOf: AddressOf;
}

/** @throws StartRefused for an argument that doesn't exist */
export function readArguments(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new StartRefused(`${(error as Error).message.split('. ', 1)[0]}. See --help.`);
  }
}

/**
 * The router's settings: the command line first, then the environment, then the file, then the defaults. A text that is
 * empty in the environment counts as missing, because compose files turn an unset variable into one.
 *
 * @throws StartRefused that says everything that is wrong, and where it was given
 */
export function readSettings(args: readonly string[], env: Environment): Configuration {
  const given = readArguments(args);
  const filePath = given.config ?? nonEmpty(env['CONFIG']);
  const file = filePath === undefined ? undefined : readConfigFile(filePath, env);
  const values = withoutNulls(structuredClone(file?.values ?? {}), []);
  const places = new Map<string, string>();

  for (const source of sources) {
    const { path, variable, argument } = source;
    const fromArgument = argument && given[argument];
    const text = fromArgument ?? nonEmpty(env[variable]);
    if (text === undefined) continue;
    put(values, path, valueOf(text, source));
    places.set(path.join('.'), fromArgument === undefined ? variable : `--${argument}`);
  }

  function placeOf(path: KeyPath): string | undefined {
    const name = path.join('.');
    const source = sources.find((one) => one.path.join('.') === name);
    return places.get(name) ?? file?.placeOf(path) ?? source?.variable;
  }

  const parsed = settingsSchema.safeParse(values);
  const problems = parsed.success ? [] : problemsOf(parsed.error, values, placeOf).toSorted(byLine);
  const { urls, wrong } = subgraphUrls(env);
  problems.push(...wrong);
  const { supergraph } = values;
  if (supergraph === undefined) problems.push('there is no supergraph: give --supergraph FILE, or SUPERGRAPH');
  if (!parsed.success || problems.length > 0) throw refused(problems);
  const settings = parsed.data;
  return {
    supergraph: settings.supergraph!,
    settings,
    addressOf: (name) => urls.get(environmentName(name)) ?? settings.subgraphs.byName[name]?.url,
  };
}

/** What does not look like its type stays a text, which is refused with all else that is wrong. */
function valueOf(text: string, { number, boolean, read }: Source): unknown {
  if (number === true && /^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (boolean === true && (text === 'true' || text === 'false')) return text === 'true';
  return read === undefined ? text : read(text);
}

function readConfigFile(path: string, env: Environment): ConfigFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new StartRefused(`The configuration file ${path} ${missing ? 'does not exist' : 'cannot be read'}.`);
  }
  return parseConfigFile(text, path, env);
}

/** As they stand in the file; what stands elsewhere comes first. */
function byLine(one: string, other: string): number {
  const line = (problem: string) => Number(/:(\d+):\d+: /.exec(problem)?.[1] ?? 0);
  return line(one) - line(other);
}

/** A key with nothing behind it, as in a mapping whose lines are all commented out, is a key that isn't there. */
function withoutNulls<Values>(values: Values, path: readonly string[]): Values {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return values;
  const kept = Object.entries(values).filter(
    ([key, value]) => value !== null || takesNull(schemaAt([...path, key])) || schemaAt([...path, key]) === undefined,
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutNulls(value, [...path, key])])) as Values;
}

/** Leaves what stands in the way as it is: it is wrong, and is told. */
function put(values: Record<string, unknown>, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) values[key] = value;
  else {
    values[key] ??= {};
    const inner = values[key];
    if (typeof inner === 'object' && !Array.isArray(inner)) put(inner as Record<string, unknown>, rest, value);
  }
}

/** Addresses from the environment, by the subgraph's name as it stands there. */
function subgraphUrls(env: Environment): { urls: Map<string, string>; wrong: string[] } {
  const wrong: string[] = [];
  const urls = new Map<string, string>();
  for (const [name, url] of Object.entries(env)) {
    if (!name.startsWith(subgraphUrlPrefix) || url === undefined || url === '') continue;
    if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) {
      urls.set(name.slice(subgraphUrlPrefix.length), url);
    } else wrong.push(`${name} should be an http or https address`);
  }
  return { urls, wrong };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
