import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6 } from 'node:net';

/**
 * The address of whoever sent a request.
 *
 * @param proxies how many proxies in front are our own: each adds the address that it sees to `x-forwarded-for`, and what
 *   stands left of theirs is what a client may have invented
 */
export function clientAddress({ socket, headers }: IncomingMessage, proxies: number): string {
  const seen = socket.remoteAddress ?? '';
  if (proxies === 0) return seen;
  const header = headers['x-forwarded-for'];
  const forwarded = (typeof header === 'string' ? header : '').split(',').map((address) => address.trim());
  const address = forwarded[Math.max(forwarded.length - proxies, 0)] ?? '';
  return isIP(address) === 0 ? seen : address;
}

/** Where a request comes from, in the form that clients are counted by. */
export type AddressOf = (request: IncomingMessage) => string;

/** @param proxies how many of our own stand in front */
export function createAddressOf(proxies: number): AddressOf {
  return (request) => networkOf(clientAddress(request, proxies));
}

/** What one client can choose its addresses from: an IPv4 address itself, of IPv6 the network of 64 bits. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [bare = ''] = address.split('%');
  if (!isIPv6(bare)) return bare;
  const [head = '', tail] = bare.toLowerCase().split('::');
  const start = head === '' ? [] : head.split(':');
  const end = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...start, ...Array.from({ length: Math.max(8 - start.length - end.length, 0) }, () => '0'), ...end];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
