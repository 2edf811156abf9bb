import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { signIdentity } from '../router-identity.ts';

export type Identity = Readonly<Record<string, unknown>> | null;

export interface Answer {
  // What a test asked for is what it reads; a wrong guess shows as a failed expectation.
  // oxlint-disable-next-line typescript/no-explicit-any -- see above
  readonly data: any;
  readonly errors?: readonly { message: string; path?: unknown[]; extensions: { code: string } }[];
}

/** Speaks to a subgraph as the router that holds `routerKey` would for a client with the given claims. */
export function asRouter(routerKey: string) {
  return {
    async ask(url: string, identity: Identity, query: string, variables: object = {}): Promise<Answer> {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-router-identity': await signIdentity(routerKey, identity),
          'x-request-id': 'request-1',
        },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as Answer;
    },

    /** A connection as the router's, for any number of subscriptions. */
    async connectLive(url: string): Promise<Client> {
      return createClient({
        url: url.replace('http', 'ws'),
        webSocketImpl: WebSocket,
        connectionParams: { 'x-router-identity': await signIdentity(routerKey, null) },
        retryAttempts: 0,
      });
    },

    /** The answers of a subscription, one by one. */
    async watch(client: Client, identity: Identity, query: string, variables: Record<string, unknown> = {}) {
      const extensions = { identity: await signIdentity(routerKey, identity), requestId: 'test' };
      return client.iterate({ query, variables, extensions }) as unknown as AsyncIterableIterator<Answer>;
    },
  };
}

export function codesOf({ errors = [] }: Answer): string[] {
  return errors.map(({ extensions }) => extensions.code);
}

/** The next `count` answers of a subscription. */
export async function take(answers: AsyncIterableIterator<Answer>, count: number): Promise<Answer[]> {
  const taken: Answer[] = [];
  while (taken.length < count) {
    const { value, done } = await answers.next();
    if (done === true) throw new Error(`the subscription ended after ${taken.length} of ${count}`);
    taken.push(value);
  }
  return taken;
}
