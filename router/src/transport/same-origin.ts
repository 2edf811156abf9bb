import type { IncomingMessage } from 'node:http';

/**
 * Whether a request comes from a page of this very host, from a person (the address bar), or from no browser at all. Browsers say
 * where a request comes from; whoever else sends one could say anything, and has no cookies of others.
 */
export function fromSameOrigin({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin, host } = headers;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}
