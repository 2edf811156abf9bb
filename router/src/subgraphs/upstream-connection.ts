import { identityHeader } from '@cafe-for-me/lib/router-identity';
import type { Logger } from '@cafe-for-me/lib/log';
import { WebSocket } from 'ws';
import type { Caller } from '../authorization/identity.ts';
import type { Subgraph } from '../supergraph.ts';

/** All in ms. */
export interface UpstreamTimes {
  /** A connection must stand within this time. @default 10_000 */
  readonly connectMs: number;
  /** A ping goes so often; a connection that says nothing until the next is ended. @default 10_000 */
  readonly pingMs: number;
  /** How long a connection without subscriptions is kept. @default 60_000 */
  readonly idleMs: number;
  /** Before a connection that was lost is made again; doubled each time that it can't be, with jitter, at most 5 s. @default 100 */
  readonly retryMs: number;
}

export type Message = Readonly<Record<string, unknown>>;

/** One graphql-transport-ws connection, made when it is wanted and made again when it is lost. */
export interface UpstreamConnection {
  /** Messages can be sent. */
  isOpen(): boolean;
  send(message: Message): void;
  /** How many want it now: with none it is closed after a while. */
  wanted(by: number): void;
  close(): void;
}

const longestRetryMs = 5_000;
/** A connection that lived so long was a good one, also when it carried nothing. */
const provenMs = 5_000;
/** Of a message from a subgraph, in bytes. */
const largestMessage = 16 * 1024 * 1024;
const badRequest = 4400;
const normalClosure = 1000;

/** @param options.opened and `down` and `heard` tell what happens to it; whose messages it carries is not its business */
export function createUpstreamConnection(options: {
  subgraph: Subgraph;
  /** Says to the subgraph that it is the router who connects. */
  anonymous: Caller;
  fixedHeaders: Readonly<Record<string, string>>;
  log: Logger;
  times?: Partial<UpstreamTimes> | undefined;
  opened(): void;
  /** It was lost, or could not be made. */
  down(reason: unknown): void;
  /** A message that is about a subscription. */
  heard(message: Message): void;
}): UpstreamConnection {
  const { subgraph, anonymous, fixedHeaders, log, opened, down, heard } = options;
  const { connectMs = 10_000, pingMs = 10_000, idleMs = 60_000, retryMs = 100 } = options.times ?? {};
  const address = subgraph.url.replace(/^http/, 'ws');
  let socket: WebSocket | undefined;
  let isOpen = false;
  let isClosed = false;
  let wantedBy = 0;
  let failures = 0;
  let openedAt = 0;
  let notBefore = 0;
  let spoke = false;
  /** Until the next try. */
  let retry: NodeJS.Timeout | undefined;
  let idle: NodeJS.Timeout | undefined;
  /** While it is made, until it must stand; then the next ping. */
  let watch: NodeJS.Timeout | undefined;

  function connect(): void {
    retry = undefined;
    if (wantedBy === 0 || isClosed) return;
    const made = new WebSocket(address, 'graphql-transport-ws', {
      handshakeTimeout: connectMs,
      maxPayload: largestMessage,
      perMessageDeflate: false,
      headers: fixedHeaders,
    });
    socket = made;
    let reason: unknown;
    watch = setTimeout(() => made.terminate(), connectMs);
    made.on('open', () => greet(made));
    made.on('message', (data: Buffer) => socket === made && take(made, data));
    made.on('error', (error) => (reason = error));
    made.on('close', (code) => socket === made && lost(reason ?? `closed with ${code}`, code));
  }

  function greet(made: WebSocket): void {
    const signed = anonymous.signed();
    const payload = signed === undefined ? {} : { [identityHeader]: signed };
    made.send(JSON.stringify({ type: 'connection_init', payload }));
  }

  function take(made: WebSocket, data: Buffer): void {
    spoke = true;
    let message: Message | null;
    try {
      message = JSON.parse(data.toString()) as Message | null;
    } catch {
      message = null;
    }
    if (typeof message !== 'object' || message === null) {
      made.close(badRequest, 'Invalid message received');
      return lost('a message was no JSON object', badRequest);
    }
    const { type } = message;
    if (type === 'connection_ack') stand();
    else if (type === 'ping') {
      made.send('{"type":"pong"}');
      if (message['payload'] !== undefined) heard(message);
    } else if (type !== 'pong') {
      failures = 0;
      heard(message);
    }
  }

  function stand(): void {
    if (isOpen) return;
    isOpen = true;
    openedAt = performance.now();
    clearTimeout(watch);
    watch = setInterval(ping, pingMs);
    log.info({ subgraph: subgraph.name }, 'upstream connected');
    opened();
  }

  function ping(): void {
    if (!spoke) return socket?.terminate();
    spoke = false;
    socket?.send('{"type":"ping"}');
  }

  function lost(reason: unknown, code: number): void {
    if (isOpen && performance.now() - openedAt > provenMs) failures = 0;
    socket = undefined;
    isOpen = false;
    clearTimeout(watch);
    log.info({ subgraph: subgraph.name, code, error: reason instanceof Error ? reason.message : reason }, 'upstream closed'); // prettier-ignore
    const wait = Math.min(retryMs * 2 ** failures, longestRetryMs) * (0.5 + Math.random() / 2);
    failures += 1;
    notBefore = performance.now() + wait;
    down(reason);
  }

  function rest(): void {
    idle = undefined;
    if (wantedBy > 0 || socket === undefined) return;
    const resting = socket;
    socket = undefined;
    isOpen = false;
    clearTimeout(watch);
    resting.close(normalClosure, 'Normal Closure');
    log.info({ subgraph: subgraph.name, code: normalClosure }, 'upstream closed');
  }

  return {
    isOpen: () => isOpen,
    send(message) {
      socket?.send(JSON.stringify(message));
    },
    wanted(by) {
      wantedBy = by;
      if (by === 0) {
        clearTimeout(retry);
        retry = undefined;
        if (socket !== undefined) idle ??= setTimeout(rest, idleMs);
        return;
      }
      clearTimeout(idle);
      idle = undefined;
      if (socket === undefined && retry === undefined && !isClosed) {
        retry = setTimeout(connect, Math.max(notBefore - performance.now(), 0));
      }
    },
    close() {
      isClosed = true;
      for (const timer of [retry, idle, watch]) clearTimeout(timer);
      const last = socket;
      socket = undefined;
      isOpen = false;
      last?.terminate();
    },
  };
}
