import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AUDIENCE, ISSUER } from './keys.ts';
import { root } from './paths.ts';
import type { Ports } from './ports.ts';

export const SIMULATORS = ['payment', 'sms', 'headquarters'] as const;
export const SERVICES = ['customer', 'delivery', 'accounting'] as const;

export type SimulatorName = (typeof SIMULATORS)[number];
export type ServiceName = (typeof SERVICES)[number];
export type ProgramName = SimulatorName | ServiceName | 'router';

/** How one of our own programs is started. */
export interface Program {
  name: ProgramName;
  port: number;
  /** The built file and its arguments. */
  args: string[];
  env: Record<string, string>;
}

export interface ServiceSurroundings {
  ports: Ports;
  databaseUrls: Record<ServiceName, string>;
  natsUrl: string;
  /** What signs the router's word to the subgraphs. */
  routerKey: string;
}

export interface RouterSurroundings {
  ports: Ports;
  routerKey: string;
  /** The file of public keys for clients' tokens. */
  jwks: string;
  /** The tokens that the playground offers. */
  playgroundTokens: string;
  /** @default the one in schema/ */
  supergraph?: string | undefined;
}

const main = (folder: string): string => join(root, folder, 'dist', 'main.js');

export function serviceProgram(name: ServiceName): string {
  return main(`subgraphs/${name}`);
}

/** The address of a program on this machine. */
export function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** @param journals the folder in which they keep their books; without it they forget them with their process */
export function simulatorPrograms({ ports, journals }: { ports: Ports; journals?: string | undefined }): Program[] {
  return SIMULATORS.map((name) => ({
    name,
    port: ports[name],
    args: [main('simulators'), name],
    env: journals === undefined ? {} : { JOURNAL: join(journals, `${name}.jsonl`) },
  }));
}

/** Every service, with what it needs to know about the others: where its own servers and its outside systems are, no more. */
export function servicePrograms({ ports, databaseUrls, natsUrl, routerKey }: ServiceSurroundings): Program[] {
  const outside: Record<ServiceName, Record<string, string>> = {
    customer: { PAYMENT_URL: urlOf(ports.payment), SMS_URL: urlOf(ports.sms) },
    delivery: {},
    accounting: { HEADQUARTERS_URL: urlOf(ports.headquarters) },
  };
  return SERVICES.map((name) => ({
    name,
    port: ports[name],
    args: [serviceProgram(name)],
    env: { DATABASE_URL: databaseUrls[name], NATS_URL: natsUrl, ROUTER_KEY: routerKey, ...outside[name] },
  }));
}

/** The router knows every subgraph of the supergraph, also one that was left out: its fields are null then. */
export function routerProgram(surroundings: RouterSurroundings): Program {
  const { ports, routerKey, jwks, playgroundTokens } = surroundings;
  const { supergraph = join(root, 'schema', 'supergraph.graphql') } = surroundings;
  return {
    name: 'router',
    port: ports.router,
    args: [main('router'), '--supergraph', supergraph, '--port', String(ports.router)],
    env: {
      ROUTER_KEY: routerKey,
      JWT_JWKS: jwks,
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
      EXPLAIN_ENABLED: 'true',
      PLAYGROUND_TOKENS_FILE: playgroundTokens,
      PLAYGROUND_EXAMPLES_FILE: join(root, 'deploy', 'playground-examples.json'),
      ...pages(),
      PAGES_FORWARD: forwarded(ports),
      ...Object.fromEntries(
        SERVICES.map((name) => [`SUBGRAPH_URL_${name.toUpperCase()}`, `${urlOf(ports[name])}/graphql`]),
      ),
    },
  };
}

/** What the page of the simulators uses of each, no more: not what only the services may do, such as to refund. */
function forwarded(ports: Ports): string {
  return SIMULATORS.flatMap((name) =>
    ['knobs', name === 'sms' ? 'inbox' : 'book', 'reset'].map(
      (part) => `/simulators/${name}/${part}=${urlOf(ports[name])}/${part}`,
    ),
  ).join(',');
}

/** The pages, once they are built: whoever runs single tests by hand may do without. */
function pages(): Record<string, string> {
  const directory = join(root, 'console', 'dist', 'pages');
  return existsSync(join(directory, 'index.html')) ? { PAGES_DIRECTORY: directory } : {};
}
