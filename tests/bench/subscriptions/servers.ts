/** Who is measured with one topic for all: our router over the benchmark's subgraph, stock graphql-ws, and the floor. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composeServices } from '@apollo/composition';
import type { Child } from '@cafe-for-me/deploy/child';
import { freePort } from '@cafe-for-me/deploy/free-port';
import { root } from '@cafe-for-me/deploy/paths';
import { parse } from 'graphql';
import { startListening, startNode, type NodeProcess } from '../router/processes.ts';
import type { ClientCommands } from './clients.ts';
import { commandsAt } from './commands.ts';
import { SDL } from './graph.ts';
import type { SourceCommands } from './subgraph.ts';

export type ServerName = 'ours' | 'stock' | 'floor';

export interface StartServer {
  /** Of our router. */
  readonly routerFile: string;
  /** For files of this run. */
  readonly dir: string;
}

export interface Server {
  readonly child: Child;
  readonly inspectorPort: number;
  /** Where clients connect. */
  readonly target: { readonly port: number; readonly path: string };
  /** Has it tell the next event. */
  emit(): Promise<{ number: number; at: number }>;
  /** How many subscriptions reach the source of events. */
  subscriptions(): Promise<number>;
  stop(): Promise<void>;
}

/** What the router is told: ten thousand connections of one caller are more than it lets one caller have. */
export const routerSettings = {
  log: { level: 'warn' },
  subscriptions: { maxSockets: null, maxPerSocket: null, maxPerCaller: null },
} as const;

/** Starts one of the benchmark's own programs, as it is built. */
export function startProgram(
  name: 'clients' | 'subgraph' | 'stock' | 'floor',
  { nodeArguments = [], ...options }: Omit<NodeProcess, 'args'> & { nodeArguments?: readonly string[] },
): Promise<{ child: Child; port: number }> {
  const file = join(root, 'tests', 'dist', 'bench', 'subscriptions', `${name}.js`);
  return startListening({ ...options, args: [...nodeArguments, file] });
}

/** Starts the process of the clients. */
export async function startClients() {
  const { child, port } = await startProgram('clients', { core: 'other' });
  return { child, tell: commandsAt<ClientCommands>(port) };
}
export type Clients = Awaited<ReturnType<typeof startClients>>;

export const servers: Readonly<Record<ServerName, (options: StartServer) => Promise<Server>>> = {
  stock: () => startAlone('stock'),
  floor: () => startAlone('floor'),

  async ours({ routerFile, dir }) {
    const subgraph = await startProgram('subgraph', { core: 'other' });
    try {
      const tell = commandsAt<SourceCommands>(subgraph.port);
      const { port: graphPort } = await tell('graph');
      const [port, inspectorPort] = [await freePort(), await freePort()];
      const [supergraph, config] = [join(dir, `supergraph-${port}.graphql`), join(dir, `router-${port}.yaml`)];
      await writeFile(supergraph, composed(`http://127.0.0.1:${graphPort}/graphql`));
      // JSON is YAML.
      await writeFile(config, JSON.stringify(routerSettings));
      const child = await startNode({
        args: [
          // The router gives a thread of its own this much; chosen by hand it serves in the main thread, which the inspector looks at.
          '--max-semi-space-size=64',
          `--inspect=127.0.0.1:${inspectorPort}`,
          routerFile,
          '--config',
          config,
          '--supergraph',
          supergraph,
          '--port',
          `${port}`,
        ],
        core: 'gateway',
        logFile: join(dir, `router-${port}.log`),
      });
      await untilReady(child, port);
      return {
        child,
        inspectorPort,
        target: { port, path: '/graphql' },
        emit: () => tell('emit'),
        subscriptions: () => tell('subscriptions'),
        async stop() {
          // In order, it would close ten thousand sockets over seconds.
          await child.kill();
          await subgraph.child.stop();
        },
      };
    } catch (error) {
      await subgraph.child.stop();
      throw error;
    }
  },
};

/** A server that is the source of its events itself. */
async function startAlone(name: 'stock' | 'floor'): Promise<Server> {
  const inspectorPort = await freePort();
  const { child, port } = await startProgram(name, {
    nodeArguments: [`--inspect=127.0.0.1:${inspectorPort}`],
    core: 'gateway',
    env: { NODE_ENV: 'production' },
  });
  const tell = commandsAt<SourceCommands>(port);
  return {
    child,
    inspectorPort,
    target: { port: (await tell('graph')).port, path: '/graphql' },
    emit: () => tell('emit'),
    subscriptions: () => tell('subscriptions'),
    stop: async () => void (await child.stop()),
  };
}

async function untilReady(child: Child, port: number): Promise<void> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
    if (response?.ok === true) return;
    if (!child.running()) throw new Error(`The router has ended:\n${child.lastLines().join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function composed(url: string): string {
  const { supergraphSdl, errors } = composeServices([{ name: 'bench', url, typeDefs: parse(SDL) }]);
  if (supergraphSdl === undefined) throw new Error(errors.map(({ message }) => message).join('\n'));
  return supergraphSdl;
}
