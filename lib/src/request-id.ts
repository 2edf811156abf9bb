import { randomUUID } from 'node:crypto';

export const requestIdHeader = 'x-request-id';

const safe = /^[A-Za-z0-9._-]{1,64}$/;

/** The request id that came along when it is a short safe token (it goes into logs and headers), else a new one. */
export function requestIdOf(given: unknown): string {
  return typeof given === 'string' && safe.test(given) ? given : randomUUID();
}
