/** Who is measured, and how each is started: as its users start it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Child } from '@cafe-for-me/deploy/child';
import { freePort } from '@cafe-for-me/deploy/free-port';
import { AUDIENCE, ISSUER } from '@cafe-for-me/deploy/keys';
import type { Target } from './drive.ts';
import { installPeers } from './install-peers.ts';
import type { Workload } from './graph.ts';
import { startListening, startNode, type NodeProcess } from './processes.ts';
import type { Setting } from './setting.ts';

export interface StartOptions {
  /** The router that is measured as ours. */
  readonly routerFile: string;
  /** Takes a CPU profile of the last measurement of each. */
  readonly profile: boolean;
}

export interface Contender {
  readonly name: string;
  readonly title: string;
  /** Whether requests that are under way at one time may share fetches; all of them come from one caller then. */
  readonly sharing: boolean;
  start(setting: Setting, options: StartOptions): Promise<Running>;
}

export interface Running {
  readonly child: Child;
  target(workload: Workload): Target;
}

type About = Pick<Contender, 'name' | 'title' | 'sharing'>;
type Prepared = Pick<NodeProcess, 'args' | 'env' | 'cwd'>;

function processOf({ name }: About, setting: Setting, options: StartOptions, prepared: Prepared): NodeProcess {
  const inspected = options.profile ? ['--inspect=0', ...prepared.args] : prepared.args;
  return { ...prepared, args: inspected, core: 'gateway', logFile: join(setting.dir, `${name}.log`) };
}

/** @param prepare what to start, given a free port */
function gateway(
  about: About,
  path: string,
  prepare: (setting: Setting, port: string, options: StartOptions) => Promise<Prepared>,
): Contender {
  return {
    ...about,
    async start(setting, options) {
      const port = await freePort();
      const prepared = await prepare(setting, `${port}`, options);
      const child = await startNode(processOf(about, setting, options, prepared));
      return { child, target: () => ({ port, path }) };
    },
  };
}

function ours(about: About): Contender {
  return gateway(about, '/graphql', async (setting, port, { routerFile }) => {
    const config = join(setting.dir, `${about.name}.yaml`);
    await writeFile(config, `subgraphs:\n  shareInFlight: ${about.sharing}\n`);
    return {
      args: [routerFile, '--config', config, '--supergraph', setting.supergraphFile, '--port', port],
      env: { JWT_JWKS: setting.jwksFile, JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE },
    };
  });
}

/** As those who run other gateways set it. */
const production = { NODE_ENV: 'production' };

const stock = gateway(
  { name: 'stock', title: '@apollo/server, @apollo/gateway', sharing: false },
  '/',
  (setting, port) => {
    const file = fileURLToPath(new URL('./stock.js', import.meta.url));
    return Promise.resolve({ args: [file, setting.supergraphFile, port], env: production });
  },
);

/** @param sharing of identical fetches that are on their way at one time, also those of other requests */
function hive(about: About, planner: 'js' | 'rust', sharing: 'as-shipped' | 'off'): Contender {
  return gateway(about, '/graphql', async (setting, port) => {
    const cwd = await installPeers();
    const bin = join(cwd, 'node_modules/@graphql-hive/gateway/dist/bin.js');
    return {
      args: [bin, 'supergraph', setting.supergraphFile, '-c', 'hive.config.mjs', '--host', '127.0.0.1', '--port', port],
      cwd,
      env: { ...production, BENCH_PLANNER: planner, BENCH_SHARING: sharing },
    };
  });
}

const mercurius = gateway(
  { name: 'mercurius', title: 'mercurius, jit', sharing: false },
  '/graphql',
  async (setting, port) => {
    const cwd = await installPeers();
    return { args: [join(cwd, 'mercurius.mjs'), setting.sourcesFile, port], cwd, env: production };
  },
);

/** In the order in which they are told. */
export const contenders: readonly Contender[] = [
  ours({ name: 'ours', title: 'ours', sharing: false }),
  stock,
  hive({ name: 'hive-js', title: 'Hive Gateway, JS planner', sharing: false }, 'js', 'off'),
  hive({ name: 'hive-rust', title: 'Hive Gateway, Rust planner', sharing: false }, 'rust', 'off'),
  mercurius,
  ours({ name: 'ours-sharing', title: 'ours', sharing: true }),
  hive({ name: 'hive-js-sharing', title: 'Hive Gateway, JS planner', sharing: true }, 'js', 'as-shipped'),
  hive({ name: 'hive-rust-sharing', title: 'Hive Gateway, Rust planner', sharing: true }, 'rust', 'as-shipped'),
];

/** @param recorded the file of the fetches that it makes */
export function floorOf(recorded: string): Contender {
  const about: About = { name: 'floor', title: 'floor: the raw fetches', sharing: false };
  return {
    ...about,
    async start() {
      const file = fileURLToPath(new URL('./floor.js', import.meta.url));
      const { child, port } = await startListening({ args: [file, recorded], core: 'gateway' });
      return { child, target: (workload) => ({ port, path: `/${workload}` }) };
    },
  };
}
