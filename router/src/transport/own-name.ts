import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * Whether a request was sent to a name that the router goes by. Anybody can have a name of theirs lead to this machine (DNS
 * rebinding), and for a browser the pages under that name are then of the router's own origin.
 */
export type ToOwnName = (request: IncomingMessage) => boolean;

/** @param names beside addresses and localhost, which nobody can have lead elsewhere */
export function createToOwnName(names: readonly string[]): ToOwnName {
  const own = new Set(['localhost', ...names.map((name) => name.toLowerCase())]);

  return function toOwnName({ headers: { host } }) {
    // Without one it comes from no browser.
    if (host === undefined) return true;
    const name = nameIn(host);
    return name !== undefined && (isIP(name) !== 0 || own.has(name) || name.endsWith('.localhost'));
  };
}

/** What a request says where it was sent to, without the port; undefined when that is no host. */
export function nameIn(host: string): string | undefined {
  if (!URL.canParse(`http://${host}`)) return undefined;
  return new URL(`http://${host}`).hostname.replace(/^\[|\]$|\.$/g, '');
}
