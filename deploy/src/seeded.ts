import { setTimeout as wait } from 'node:timers/promises';
import { connect } from 'nats';
import pg from 'pg';

/**
 * Waits until what a service has said is known to another: nothing is left unpublished in the one's outbox, and the other's consumer
 * has taken everything in the stream.
 *
 * @throws when it takes longer than `withinMs`
 */
export async function untilHeard(
  said: { databaseUrl: string; stream: string },
  heard: { natsUrl: string; consumerPrefix: string },
  withinMs: number,
  signal: AbortSignal,
): Promise<void> {
  const until = Date.now() + withinMs;
  const database = new pg.Client({ connectionString: said.databaseUrl });
  database.on('error', () => undefined); // A server that goes away fails the query that is under way, which says it.
  await database.connect();
  const nats = await connect({ servers: heard.natsUrl, name: 'start' });
  try {
    const manager = await nats.jetstreamManager();

    async function published(): Promise<boolean> {
      const result = await database.query('SELECT FROM outbox_unpublished LIMIT 1');
      return result.rowCount === 0;
    }
    async function taken(): Promise<boolean> {
      for await (const consumer of manager.consumers.list(said.stream)) {
        if (!consumer.name.toLowerCase().startsWith(heard.consumerPrefix)) continue;
        return consumer.num_pending === 0 && consumer.num_ack_pending === 0;
      }
      return false;
    }

    for (const condition of [published, taken]) {
      while (!(await condition().catch(() => false))) {
        signal.throwIfAborted();
        if (Date.now() > until) {
          throw new Error(
            `${heard.consumerPrefix}… did not take in everything of ${said.stream} within ${withinMs / 1000} s`,
          );
        }
        await wait(50);
      }
    }
  } finally {
    await Promise.all([database.end(), nats.close()]);
  }
}

/** How many cafés the graph shows; 0 while it does not answer. */
export async function cafesShown(graphUrl: string, token: string): Promise<number> {
  try {
    const answer = await fetch(graphUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ cafes(first: 20) { edges { node { id } } } }' }),
      signal: AbortSignal.timeout(5_000),
    });
    const { data } = (await answer.json()) as { data?: { cafes?: { edges: unknown[] } | null } | null };
    return data?.cafes?.edges.length ?? 0;
  } catch {
    return 0;
  }
}
