import { signIdentity } from '@cafe-for-me/lib/router-identity';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { routerKey } from './accounting.ts';

export const accountant = { sub: 'carol', role: 'accountant', cafes: ['92'] };
export const accountantElsewhere = { sub: 'dave', role: 'accountant', cafes: ['93'] };
export const staff = { sub: 'bob', role: 'staff', cafes: ['92'] };
export const staffElsewhere = { sub: 'bill', role: 'staff', cafes: ['93'] };
export const customer = { sub: 'alice', role: 'customer' };
export const otherCustomer = { sub: 'mallory', role: 'customer' };

export type Identity = Readonly<Record<string, unknown>> | null;

export interface Answer {
  // What a test asked for is what it reads; a wrong guess shows as a failed expectation.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly data: any;
  readonly errors?: readonly { message: string; path?: unknown[]; extensions: { code: string } }[];
}

/** Asks as the router would for a client with these claims. */
export async function ask(url: string, identity: Identity, query: string, variables: object = {}): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-router-identity': await signIdentity(routerKey, identity) },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Answer;
}

export function codesOf({ errors = [] }: Answer): string[] {
  return errors.map(({ extensions }) => extensions.code);
}

/** A connection as the router's, for any number of subscriptions. */
export async function connectLive(url: string): Promise<Client> {
  return createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { 'x-router-identity': await signIdentity(routerKey, null) },
    retryAttempts: 0,
  });
}

/** The answers of a subscription, one by one. */
export async function watch(
  client: Client,
  identity: Identity,
  query: string,
  variables: Record<string, unknown> = {},
) {
  const extensions = { identity: await signIdentity(routerKey, identity), requestId: 'test' };
  return client.iterate({ query, variables, extensions }) as unknown as AsyncIterableIterator<Answer>;
}

/** The next `count` answers. */
export async function take(answers: AsyncIterableIterator<Answer>, count: number): Promise<Answer[]> {
  const taken: Answer[] = [];
  while (taken.length < count) {
    const { value, done } = await answers.next();
    if (done === true) throw new Error(`the subscription ended after ${taken.length} of ${count}`);
    taken.push(value);
  }
  return taken;
}
