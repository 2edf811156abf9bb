import { Client, fetchExchange } from '@urql/core';

/** In ms. A repeated order must get the answer of a slow payment, which the router waits 10 s for. */
const ANSWER_WITHIN = 20_000;

let current: { readonly subject: string | undefined; readonly client: Client } | undefined;

/**
 * Queries and mutations of one person (`asPerson` sends them). Nothing is cached: what changes arrives live, and what is asked for is
 * wanted as it is now. Yet a client shares an answer that is under way with whoever asks the same, so each person has one of their own.
 */
export function clientOf(subject: string | undefined): Client {
  if (current === undefined || current.subject !== subject) current = { subject, client: newClient() };
  return current.client;
}

function newClient(): Client {
  return new Client({
    url: '/graphql',
    exchanges: [fetchExchange],
    requestPolicy: 'network-only',
    preferGetMethod: false,
    fetch: (address, options) =>
      fetch(address, {
        ...options,
        signal: AbortSignal.any([AbortSignal.timeout(ANSWER_WITHIN), ...(options?.signal ? [options.signal] : [])]),
      }),
  });
}
