import { Client, fetchExchange } from '@urql/core';

/** In ms. A repeated order must get the answer of a slow payment, which the router waits 10 s for. */
const ANSWER_WITHIN = 20_000;

/** Queries and mutations; whose they are is said with each (`asPerson`). Nothing is cached: what changes arrives live, and what is asked for is wanted as it is now. */
export const client = new Client({
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
