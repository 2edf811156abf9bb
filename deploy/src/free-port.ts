import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/** Below what systems give to outgoing connections, so that none of those takes the port before its server is up. */
const FROM = 15_000;
const TO = 32_000;
const BLOCK = 100;

/** The ports that this process may give out. Its first is held by a listening guard as long as the process lives. */
let block: { next: number; readonly end: number } | undefined;

/** One for each block, also of those that are used up. */
const guards: Server[] = [];

/**
 * A port of 127.0.0.1 that is free at present, each at most once per process. Processes side by side never give out the same
 * one, not even while the program that was given it restarts: each has a block of its own, told apart by the guard.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 1000; tries++) {
    block ??= await claimBlock();
    const port = block.next++;
    if (block.next === block.end) block = undefined;
    if (!(await portTaken(port))) return port;
  }
  throw new Error('No free port on 127.0.0.1');
}

async function claimBlock(): Promise<NonNullable<typeof block>> {
  for (let tries = 0; tries < 500; tries++) {
    const first = randomInt(FROM / BLOCK, TO / BLOCK) * BLOCK;
    const guard = await listen(first);
    if (guard === undefined) continue;
    guards.push(guard.unref());
    return { next: first + 1, end: first + BLOCK };
  }
  throw new Error('No free port on 127.0.0.1');
}

/** Whether something else listens on `port` of 127.0.0.1 (or of all addresses). */
export async function portTaken(port: number): Promise<boolean> {
  const server = await listen(port);
  if (server === undefined) return true;
  await new Promise((resolve) => server.close(resolve));
  return false;
}

async function listen(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
