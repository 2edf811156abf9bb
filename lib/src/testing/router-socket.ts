import { WebSocket } from 'ws';
import { signIdentity } from '../router-identity.ts';

export interface WireMessage {
  readonly id?: string;
  readonly type: string;
  readonly payload: {
    readonly data?: Record<string, unknown> | null;
    readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
    readonly extensions?: { position?: string; resumed?: string; occurredAt?: number };
    readonly id?: string;
    readonly position?: string;
    readonly resumed?: string;
  };
}

export interface WireSubscription {
  readonly id: string;
  /** All that came for it and was not taken. */
  readonly waiting: readonly WireMessage[];
  next(): Promise<WireMessage>;
  /** The next of a type; others are passed over. */
  nextOf(type: string): Promise<WireMessage>;
  complete(): void;
}

/** The router's one socket to a subgraph, message by message. */
export interface RouterSocket {
  subscribe(
    query: string,
    variables: Record<string, unknown>,
    as: { claims: Readonly<Record<string, unknown>> | null; resumeFrom?: string | undefined },
  ): WireSubscription;
  /** Reads nothing from now on, or again. */
  pause(isPaused: boolean): void;
  readonly closed: Promise<number>;
  close(): Promise<void>;
}

export async function connectAsRouter(url: string, routerKey: string): Promise<RouterSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', { perMessageDeflate: false });
  const inboxes = new Map<string, (message: WireMessage) => void>();
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  const send = (message: object): void => socket.send(JSON.stringify(message));
  let ids = 0;
  const acknowledged = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString('utf8')) as WireMessage;
      if (message.type === 'connection_ack') return resolve();
      const id = message.id ?? message.payload?.id;
      if (message.type === 'ping') send({ type: 'pong' });
      if (id !== undefined) inboxes.get(id)?.(message);
    });
  });
  await new Promise((resolve) => socket.once('open', resolve));
  send({ type: 'connection_init', payload: { 'x-router-identity': await signIdentity(routerKey, null) } });
  await acknowledged;

  return {
    subscribe(query, variables, { claims, resumeFrom }) {
      const id = `s${(ids += 1)}`;
      const waiting: WireMessage[] = [];
      let wake = (): void => undefined;
      inboxes.set(id, (message) => {
        waiting.push(message);
        wake();
      });
      async function begin(): Promise<void> {
        const identity = await signIdentity(routerKey, claims);
        const extensions = { identity, requestId: id, ...(resumeFrom !== undefined && { resumeFrom }) };
        send({ id, type: 'subscribe', payload: { query, variables, extensions } });
      }
      void begin();
      async function next(): Promise<WireMessage> {
        while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        return waiting.shift()!;
      }
      return {
        id,
        waiting,
        next,
        async nextOf(type) {
          for (;;) {
            const message = await next();
            if (message.type === type) return message;
          }
        },
        complete: () => send({ id, type: 'complete' }),
      };
    },
    pause(isPaused) {
      if (isPaused) socket.pause();
      else socket.resume();
    },
    closed,
    async close() {
      socket.close();
      await closed;
    },
  };
}
