import { createClient } from 'graphql-ws';
import { createResumingClient } from '../client/resuming-websocket.ts';
import type { LiveRequest } from '../client/resume-token.ts';
import { beginRun, updateRun, type Live } from './runs.ts';

export interface LiveSink {
  next(answer: object): void;
  error(error: unknown): void;
  complete(): void;
}

/**
 * Subscribes over a socket of its own, and tells the tab's run how the connection is. It outlives lost connections and restarts of
 * the router by the token that every message brings.
 */
export function subscribeLive(request: LiveRequest, headers: Record<string, string>, sink: LiveSink) {
  const authorization = headers['authorization'] ?? headers['Authorization'];
  let socket: { onmessage: unknown } | undefined;
  const { client, subscribe } = createResumingClient(createClient, {
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
    connectionParams: authorization === undefined ? {} : { authorization },
  });
  const first: Live = { phase: 'connecting', messages: 0, losses: 0, drop };
  const tab = beginRun({ answered: false, live: first });

  function change(what: (live: Live) => Partial<Live>): void {
    updateRun(tab, (run) => ({ ...run, live: { ...run.live!, ...what(run.live!) } }));
  }

  /** What may still come over the socket is not read: it comes again over the next one. */
  function drop(): void {
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- graphql-ws listens in this way, and this takes its ears
    if (socket !== undefined) socket.onmessage = null;
    client.terminate();
  }

  client.on('connected', function isBack(opened) {
    socket = opened as { onmessage: unknown };
    change(({ losses, tokenAt }) => ({
      phase: 'connected',
      ...(losses > 0 && { resumed: tokenAt === undefined ? 'snapshot' : 'waiting', reason: undefined }),
    }));
  });
  client.on('closed', function isLost() {
    change(({ phase, losses }) => (phase === 'ended' ? {} : { phase: 'reconnecting', losses: losses + 1 }));
  });

  function end(): void {
    change(() => ({ phase: 'ended' }));
    void client.dispose();
  }

  const { stop } = subscribe(request, {
    next(answer) {
      change(({ messages, tokenAt }) => ({
        messages: messages + 1,
        tokenAt: answer.extensions?.resume === undefined ? tokenAt! : Date.now(),
      }));
      sink.next(answer);
    },
    resumed: (resumed, reason) => change(() => ({ resumed, reason })),
    error(error) {
      end();
      sink.error(error);
    },
    complete() {
      end();
      sink.complete();
    },
  });

  return {
    tab,
    stop() {
      end();
      stop();
    },
  };
}
