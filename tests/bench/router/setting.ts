/** What stands around every gateway that is measured: the subgraphs, the supergraph, the callers. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { composeServices } from '@apollo/composition';
import { ensureKeys, signToken } from '@cafe-for-me/deploy/keys';
import { parse } from 'graphql';
import { subgraphSources } from './graph.ts';
import { startListening } from './processes.ts';

/** Connections, and callers. */
export const CALLERS = 50;

export interface Setting {
  /** For files of this run. */
  readonly dir: string;
  readonly supergraphFile: string;
  /** The subgraphs' own SDL and addresses, for gateways that compose them themselves: JSON. */
  readonly sourcesFile: string;
  readonly jwksFile: string;
  readonly tokens: readonly string[];
  readonly subgraphsPort: number;
  /** Asks the subgraphs' process for what it counts and records. */
  control<T>(path: '/reset' | '/counts' | '/record' | '/recorded'): Promise<T>;
  stop(): Promise<unknown>;
}

export async function prepareSetting(dir: string): Promise<Setting> {
  const subgraphs = await startListening({
    args: [fileURLToPath(new URL('./subgraphs.js', import.meta.url))],
    core: 'other',
  });
  const origin = `http://127.0.0.1:${subgraphs.port}`;
  const supergraphFile = join(dir, 'supergraph.graphql');
  await writeFile(supergraphFile, compose(origin));
  const sourcesFile = join(dir, 'subgraphs.json');
  const sources = subgraphSources.map(({ name, sdl }) => ({ name, sdl, url: `${origin}/${name}` }));
  await writeFile(sourcesFile, JSON.stringify(sources));
  const { jwks: jwksFile } = await ensureKeys(dir);
  const tokens = await Promise.all(
    Array.from({ length: CALLERS }, (_, at) => signToken(dir, { sub: `caller-${at}`, role: 'customer' })),
  );
  return {
    dir,
    supergraphFile,
    sourcesFile,
    jwksFile,
    tokens,
    subgraphsPort: subgraphs.port,
    async control<T>(path: string): Promise<T> {
      return (await (await fetch(origin + path)).json()) as T;
    },
    stop: () => subgraphs.child.stop(),
  };
}

function compose(origin: string): string {
  const services = subgraphSources.map(({ name, sdl }) => ({ name, url: `${origin}/${name}`, typeDefs: parse(sdl) }));
  const { supergraphSdl, errors } = composeServices(services);
  if (supergraphSdl === undefined) throw new Error(errors.map(({ message }) => message).join('\n'));
  return supergraphSdl;
}
