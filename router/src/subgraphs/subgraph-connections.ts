import { isUtf8 } from 'node:buffer';
import { Pool, type Dispatcher } from 'undici';
import { createDeadlines, type Deadline } from './subgraph-deadlines.ts';

/**
 * Why there is no answer. `unreachable`: no connection came to be. `broken`: it ended before the answer did, or the
 * answer is no HTTP. `timeout`: there wasn't all of it in time. `oversized`: it is larger than may be. `unreadable`: it
 * isn't UTF-8. `unsent`: the request itself is wrong, or the connections are closed.
 */
export type NoAnswer = 'unreachable' | 'broken' | 'timeout' | 'oversized' | 'unreadable' | 'unsent';

/** Where the answers to requests go. For each request one of them is called, once; `Call` is whatever the sender wants. */
export interface Answers<Call> {
  answered(call: Call, status: number, text: string): void;
  failed(call: Call, kind: NoAnswer, error: unknown): void;
}

export interface SubgraphConnections<Call> {
  /** @param headers names and values by turns */
  send(call: Call, headers: string[], body: string): void;
  close(): Promise<void>;
}

/**
 * A pool of kept connections to one subgraph, one request on each at a time; requests beyond wait.
 *
 * It speaks undici's `dispatch`: on the hot path `fetch` costs three times as much.
 */
export function createSubgraphConnections<Call>(
  options: {
    url: string;
    /** From sending to the last byte of the answer, waiting for a connection included. */
    timeoutMs: number;
    connections: number;
    maxAnswerBytes: number;
  },
  answers: Answers<Call>,
): SubgraphConnections<Call> {
  const { origin, pathname, search } = new URL(options.url);
  const path = pathname + search;
  // Our own clock runs per request, so undici's two are off.
  const pool = new Pool(origin, {
    connections: options.connections,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: options.maxAnswerBytes,
    connect: { timeout: options.timeoutMs },
  });
  const deadlines = createDeadlines(options.timeoutMs);

  /** A request on its way: what undici and the clock call. A class, because one is made per request. */
  class Exchange implements Dispatcher.DispatchHandler, Deadline {
    readonly #call: Call;
    #controller: Dispatcher.DispatchController | undefined;
    #status = 0;
    #first: Buffer | undefined;
    #chunks: Buffer[] | undefined;
    #over = false;
    at = 0;
    before: Deadline | undefined;
    after: Deadline | undefined;

    constructor(call: Call) {
      this.#call = call;
    }

    onRequestStart(controller: Dispatcher.DispatchController): void {
      this.#controller = controller;
      // It waited for a free connection until its time was up.
      if (this.#over) controller.abort(new Error('took too long'));
    }

    onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
      this.#status = status;
    }

    onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
      if (this.#first === undefined) this.#first = chunk;
      else (this.#chunks ??= [this.#first]).push(chunk);
    }

    onResponseEnd(): void {
      if (this.#over) return;
      this.#end();
      const bytes = this.#chunks === undefined ? this.#first : Buffer.concat(this.#chunks);
      const text = bytes === undefined ? '' : bytes.toString();
      // The replacement character stands for bytes that are wrong, or for itself.
      if (text.includes('\uFFFD') && !isUtf8(bytes!)) answers.failed(this.#call, 'unreadable', 'no UTF-8');
      else answers.answered(this.#call, this.#status, text);
    }

    onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
      if (this.#over) return;
      this.#end();
      answers.failed(this.#call, kindOf(error), error);
    }

    tooLate(): void {
      this.#over = true;
      this.#controller?.abort(new Error('took too long'));
      answers.failed(this.#call, 'timeout', undefined);
    }

    #end(): void {
      this.#over = true;
      deadlines.end(this);
    }
  }

  return {
    send(call, headers, body) {
      const exchange = new Exchange(call);
      deadlines.start(exchange);
      pool.dispatch({ path, method: 'POST', headers, body }, exchange);
    },
    close: () => pool.close(),
  };
}

/** Codes of a connection that never came to be. */
const neverConnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const notSent = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_CLOSED', 'UND_ERR_DESTROYED']);

function kindOf(error: unknown): NoAnswer {
  const code = (error as { code?: string }).code ?? '';
  if (neverConnected.has(code)) return 'unreachable';
  if (notSent.has(code)) return 'unsent';
  return code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE' ? 'oversized' : 'broken';
}
