import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below what systems give to outgoing connections, so that none of those takes the port before its server is up. */
const FROM = 15_000;
const TO = 32_000;

const given = new Set<number>();

/** A port of 127.0.0.1 that is free at present, each at most once per process. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const port = randomInt(FROM, TO);
    if (given.has(port) || (await portTaken(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error('No free port on 127.0.0.1');
}

/** Whether something else listens on `port` of 127.0.0.1 (or of all addresses). */
export async function portTaken(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(true));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)));
  });
}
