import { setTimeout as wait } from 'node:timers/promises';
import { connect } from 'nats';

/** The cafés that the graph shows, each with the size of its menu; none while it does not answer. */
export async function cafesShown(graphUrl: string, token: string): Promise<{ menuItems: number }[]> {
  try {
    const answer = await fetch(graphUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ cafes(first: 20) { edges { node { id menu { product } } } } }' }),
      signal: AbortSignal.timeout(5_000),
    });
    const { data } = (await answer.json()) as {
      data?: { cafes?: { edges: { node: { menu: unknown[] } }[] } | null } | null;
    };
    return (data?.cafes?.edges ?? []).map(({ node }) => ({ menuItems: node.menu.length }));
  } catch {
    return [];
  }
}

export interface Hearing {
  natsUrl: string;
  stream: string;
  /** So much has been said at least. */
  messages: number;
  /** Whose durable consumer has to take it in: how that one's name begins. */
  consumerPrefix: string;
}

/**
 * Waits until a stream holds what was said, and a service has taken in all of it.
 *
 * @returns whether that came to be within `withinMs`
 */
export async function untilHeard(hearing: Hearing, withinMs: number, signal: AbortSignal): Promise<boolean> {
  const until = Date.now() + withinMs;
  const nats = await connect({ servers: hearing.natsUrl, name: 'start' });
  try {
    const manager = await nats.jetstreamManager();

    async function heard(): Promise<boolean> {
      const { state } = await manager.streams.info(hearing.stream);
      if (state.messages < hearing.messages) return false;
      for await (const consumer of manager.consumers.list(hearing.stream)) {
        if (!consumer.name.toLowerCase().startsWith(hearing.consumerPrefix)) continue;
        return consumer.num_pending === 0 && consumer.num_ack_pending === 0;
      }
      return false;
    }

    // No stream yet is an error of the broker's, and means: not yet.
    while (!(await heard().catch(() => false))) {
      signal.throwIfAborted();
      if (Date.now() > until) return false;
      await wait(50);
    }
    return true;
  } finally {
    await nats.close();
  }
}
