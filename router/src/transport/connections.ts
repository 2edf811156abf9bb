import type { SubgraphFetch } from '../subgraphs/fetch.ts';
import type { Subgraph } from '../supergraph.ts';
import type { Upstream } from '../subgraphs/upstream.ts';

/** What a generation has of each subgraph, by name, until it lets go of it. */
export interface Connected {
  readonly fetches: ReadonlyMap<string, SubgraphFetch>;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  /** What nobody else uses is closed. */
  release(): Promise<void>;
}

interface Connection {
  readonly fetch: SubgraphFetch;
  readonly upstream: Upstream;
  users: number;
}

/**
 * The connections to subgraphs. They outlive a supergraph: one that follows it and has a subgraph of the same name at the
 * same address goes on with the same connections, so that a reload neither opens nor loses any.
 */
export function createConnections(make: (subgraph: Subgraph) => { fetch: SubgraphFetch; upstream: Upstream }): {
  connect(subgraphs: readonly Subgraph[]): Connected;
} {
  const open = new Map<string, Connection>();

  function connected(subgraph: Subgraph): readonly [key: string, connection: Connection] {
    const key = JSON.stringify([subgraph.name, subgraph.url]);
    let connection = open.get(key);
    if (connection === undefined) {
      connection = { ...make(subgraph), users: 0 };
      open.set(key, connection);
    }
    connection.users += 1;
    return [key, connection];
  }

  async function release([key, connection]: readonly [string, Connection]): Promise<void> {
    connection.users -= 1;
    if (connection.users > 0) return;
    open.delete(key);
    connection.upstream.close();
    await connection.fetch.close();
  }

  return {
    connect(subgraphs) {
      const mine = new Map(subgraphs.map((one) => [one.name, connected(one)] as const));
      return {
        fetches: new Map([...mine].map(([name, [, { fetch }]]) => [name, fetch])),
        upstreams: new Map([...mine].map(([name, [, { upstream }]]) => [name, upstream])),
        async release() {
          await Promise.all([...mine.values()].map(release));
        },
      };
    },
  };
}
