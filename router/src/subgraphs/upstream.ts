import type { IncomingHttpHeaders } from 'node:http';
import { identityHeader } from '@cafe-for-me/lib/router-identity';
import type { Logger } from '@cafe-for-me/lib/log';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { SubgraphRequest } from './fetch.ts';
import type { Caller } from '../authorization/identity.ts';
import { subrequestFailed } from '../errors.ts';
import { answerIn, type SubgraphAnswer, type SubgraphError } from './subgraph-answer.ts';
import type { HeaderRules } from './subgraph-headers.ts';
import type { Subgraph } from '../supergraph.ts';

/** Where the messages of one upstream subscription go. After `refused`, `lost` or `ended` nothing more comes. */
export interface UpstreamSink {
  /** Its form is checked: what is no GraphQL response comes as one without data, and with an error that says so. */
  event(event: SubgraphAnswer): void;
  /** The subgraph said no: GraphQL errors. */
  refused(errors: readonly SubgraphError[]): void;
  /** The connection broke, or could not be made. Subscribing again may work. */
  lost(reason: unknown): void;
  ended(): void;
}

export interface Upstream {
  /** @returns ends the subscription: the subgraph gets `complete` */
  subscribe(
    request: SubgraphRequest & { extensions: Record<string, unknown> },
    clientHeaders: IncomingHttpHeaders,
    sink: UpstreamSink,
  ): () => void;
  close(): void;
}

/**
 * The subscriptions of one subgraph: all of them share one graphql-transport-ws connection, opened when the first one
 * comes and kept for a while after the last.
 *
 * Fixed headers go with the connection. What is passed on from a client can't, as the connection belongs to all of them: it
 * goes as `extensions.headers` of the client's own subscription.
 */
export function createUpstream(options: {
  subgraph: Subgraph;
  /** Says to the subgraph that it is the router who connects. */
  anonymous: Caller;
  headers?: HeaderRules;
  log: Logger;
  /** @default 10_000 ms */
  connectMs?: number;
  /** A ping goes so often, and its pong must come before the next. @default 10_000 ms */
  pingMs?: number;
  /** How long a connection without subscriptions is kept. @default 60_000 ms */
  idleMs?: number;
}): Upstream {
  const { subgraph, anonymous, headers, log, connectMs = 10_000, pingMs = 10_000, idleMs = 60_000 } = options;

  class UpstreamSocket extends WebSocket {
    constructor(address: string, protocols: string) {
      super(address, protocols, {
        handshakeTimeout: connectMs,
        maxPayload: 16 * 1024 * 1024,
        perMessageDeflate: false,
        headers: recordOf(headers?.fixed ?? []),
      });
    }
  }

  let pongWait: NodeJS.Timeout | undefined;
  const client = createClient({
    url: subgraph.url.replace(/^http/, 'ws'),
    webSocketImpl: UpstreamSocket,
    async connectionParams() {
      const signed = await anonymous.signed();
      return signed === undefined ? {} : { [identityHeader]: signed };
    },
    lazyCloseTimeout: idleMs,
    connectionAckWaitTimeout: connectMs,
    keepAlive: pingMs,
    // Whoever subscribes tries again by itself, because each try needs a fresh identity.
    retryAttempts: 0,
    on: {
      connected: () => log.info({ subgraph: subgraph.name }, 'upstream connected'),
      closed: (event) => {
        clearTimeout(pongWait);
        log.info({ subgraph: subgraph.name, code: (event as { code?: number }).code }, 'upstream closed');
      },
      ping: (received) => {
        if (!received) pongWait = setTimeout(() => client.terminate(), pingMs);
      },
      pong: () => clearTimeout(pongWait),
    },
  });

  function withoutForm(message: string): readonly SubgraphError[] {
    log.warn({ subgraph: subgraph.name }, message);
    const { message: told, extensions } = subrequestFailed(subgraph.name);
    return [{ message: told, extensions }];
  }

  function eventIn(payload: unknown): SubgraphAnswer {
    return answerIn(payload) ?? { data: null, errors: withoutForm('an event is no GraphQL response') };
  }

  function errorsIn(errors: readonly unknown[]): readonly SubgraphError[] {
    return answerIn({ errors })?.errors ?? withoutForm('a subscription was refused without GraphQL errors');
  }

  return {
    subscribe(request, clientHeaders, sink) {
      let over = false;
      const passedOn = headers?.fromClient?.(clientHeaders);
      const extensions = { ...request.extensions, ...(passedOn && { headers: recordOf(passedOn) }) };
      const stop = client.subscribe(
        { ...request, variables: { ...request.variables }, extensions },
        {
          next: (event) => {
            if (!over) sink.event(eventIn(event));
          },
          error: (error) => {
            if (over) return;
            over = true;
            if (Array.isArray(error)) sink.refused(errorsIn(error));
            else sink.lost(error);
          },
          complete: () => {
            if (over) return;
            over = true;
            sink.ended();
          },
        },
      );
      return function unsubscribe() {
        if (over) return;
        over = true;
        stop();
      };
    },
    close() {
      clearTimeout(pongWait);
      client.terminate();
    },
  };
}

/** @param pairs names and values by turns */
function recordOf(pairs: readonly string[]): Record<string, string> {
  const entries: [string, string][] = [];
  for (let index = 0; index < pairs.length; index += 2) entries.push([pairs[index]!, pairs[index + 1]!]);
  return Object.fromEntries(entries);
}
