import { EventEmitter } from 'node:events';
import {
  BrokenCircuitError,
  CircuitState,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  retry,
} from 'cockatiel';
import { Pool } from 'undici';
import { currentContext, type Logger } from './log.ts';
import { requestIdHeader } from './request-id.ts';
import { traceparentIn, type Tracer } from './telemetry.ts';

/**
 * Why a call has no answer. After `open` and `refused` the other side surely did nothing. After `timeout`, `broken` (the
 * connection died, or the answer can't be read) and `status` (5xx) nobody knows: ask again by key.
 */
export type OutsideCallFailure = 'open' | 'refused' | 'timeout' | 'broken' | 'status';

export class OutsideCallError extends Error {
  override name = 'OutsideCallError';
  readonly kind: OutsideCallFailure;
  /** The answer's status when `kind` is 'status'. */
  readonly status: number | undefined;

  constructor(kind: OutsideCallFailure, message: string, options: ErrorOptions & { status?: number } = {}) {
    super(message, options);
    this.kind = kind;
    this.status = options.status;
  }

  /** True when the other side may have done what it was asked. */
  get mayBeDone(): boolean {
    return this.kind !== 'open' && this.kind !== 'refused';
  }
}

export interface OutsideRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** From the base address on, with its query. */
  path: string;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as `Idempotency-Key`. */
  idempotencyKey?: string;
  /** Tries after the first one, with growing pauses. Only for GET or with a key. @default 0 */
  retries?: number;
}

export interface OutsideAnswer {
  /** Below 500. */
  status: number;
  /** Parsed when it is JSON, else the text. */
  body: unknown;
}

export interface OutsideCall {
  /** @throws OutsideCallError when there is no answer below 500 */
  call(request: OutsideRequest): Promise<OutsideAnswer>;
  state(): 'closed' | 'open' | 'half-open';
  /** Lets go of the connections, after the calls under way. */
  close(): Promise<void>;
}

/**
 * Calls to one system outside, with a time-out and a circuit breaker.
 *
 * The breaker opens after `threshold` failures in a row (no answer, or 5xx; a 4xx is an answer) and then refuses calls at
 * once. After `halfOpenAfterMs` one single call is let through as a probe: its answer closes the breaker, its failure
 * keeps it open; calls meanwhile are refused.
 */
export function createOutsideCall(options: {
  /** Of the other system, for logs and messages. */
  name: string;
  baseUrl: string;
  /** For one try, from the first byte sent to the last one read, in ms. */
  timeoutMs: number;
  breaker: { threshold: number; halfOpenAfterMs: number };
  log: Logger;
  /** Connections at one time. @default 256 */
  connections?: number;
  tracer?: Tracer | undefined;
}): OutsideCall {
  const { name, timeoutMs, log, tracer } = options;
  const base = new URL(options.baseUrl);
  const prefix = base.pathname.replace(/\/$/, '');
  const pool = new Pool(base.origin, {
    connections: options.connections ?? 256,
    connect: { timeout: timeoutMs },
    maxResponseSize: 1024 * 1024,
  });
  const breaker = circuitBreaker(
    handleWhen((error) => error instanceof OutsideCallError),
    { halfOpenAfter: options.breaker.halfOpenAfterMs, breaker: new ConsecutiveBreaker(options.breaker.threshold) },
  );

  // A failed probe opens the breaker again: that is not news.
  let toldOpen = false;
  breaker.onBreak((reason) => {
    if (!toldOpen)
      log.warn({ outside: name, error: 'error' in reason ? reason.error : undefined }, 'circuit breaker opened');
    toldOpen = true;
  });
  breaker.onReset(() => {
    toldOpen = false;
    log.info({ outside: name }, 'circuit breaker closed');
  });

  async function send(
    request: OutsideRequest,
    signal: EventEmitter,
    traceparent: string | undefined,
  ): Promise<OutsideAnswer> {
    const { requestId } = currentContext();
    const { statusCode, headers, body } = await pool
      .request({
        method: request.method,
        path: prefix + request.path,
        signal,
        headers: {
          accept: 'application/json',
          ...(request.body !== undefined && { 'content-type': 'application/json' }),
          ...(request.idempotencyKey !== undefined && { 'idempotency-key': request.idempotencyKey }),
          ...(requestId !== undefined && { [requestIdHeader]: String(requestId) }),
          ...(traceparent !== undefined && { traceparent }),
        },
        ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
      })
      .catch((error: unknown) => {
        throw noAnswer(name, error);
      });
    try {
      const text = await body.text();
      if (statusCode >= 500) {
        throw new OutsideCallError('status', `${name} answered ${statusCode}.`, { status: statusCode });
      }
      const isJson = String(headers['content-type']).includes('json') && text !== '';
      return { status: statusCode, body: isJson ? (JSON.parse(text) as unknown) : text };
    } catch (error) {
      if (error instanceof OutsideCallError) throw error;
      throw new OutsideCallError('broken', `${name}'s answer can't be read.`, { cause: error });
    }
  }

  /**
   * Ends waiting after the time-out, even where the request still waits for a connection, and the request with it. The signal is
   * a plain emitter: an AbortSignal makes a DOMException with its stack, and cockatiel's time-out does so after every success.
   */
  function sendInTime(request: OutsideRequest, traceparent: string | undefined): Promise<OutsideAnswer> {
    return new Promise((resolve, reject) => {
      const signal = new EventEmitter();
      const timer = setTimeout(function giveUp() {
        reject(new OutsideCallError('timeout', `${name} did not answer within ${timeoutMs} ms.`));
        signal.emit('abort');
      }, timeoutMs);
      send(request, signal, traceparent)
        .finally(() => clearTimeout(timer))
        .then(resolve, reject);
    });
  }

  async function sendTraced(request: OutsideRequest): Promise<OutsideAnswer> {
    const parent = traceparentIn(currentContext()['traceparent']);
    if (tracer === undefined) return sendInTime(request, parent);
    const span = tracer.start(`${request.method} ${name}`, 'client', parent, {
      'http.request.method': request.method,
      'server.address': base.host,
    });
    try {
      const answer = await sendInTime(request, span.traceparent);
      span.set('http.response.status_code', answer.status);
      span.end();
      return answer;
    } catch (error) {
      span.end(error instanceof OutsideCallError ? error.kind : 'error');
      throw error;
    }
  }

  async function once(request: OutsideRequest): Promise<OutsideAnswer> {
    // cockatiel lets further calls wait for the probe; a caller that waits for a dead system is what a breaker prevents.
    if (breaker.state === CircuitState.HalfOpen) throw refusedByBreaker();
    try {
      return await breaker.execute(() => sendTraced(request));
    } catch (error) {
      if (error instanceof BrokenCircuitError) throw refusedByBreaker();
      throw error;
    }
  }

  function refusedByBreaker(): OutsideCallError {
    return new OutsideCallError('open', `${name} failed repeatedly and is left alone for a while.`);
  }

  return {
    async call(request) {
      const { retries = 0 } = request;
      if (retries === 0) return once(request);
      if (request.method !== 'GET' && request.idempotencyKey === undefined) {
        throw new TypeError(`A ${request.method} to ${name} without idempotencyKey can't be retried.`);
      }
      const retried = retry(
        handleWhen((error) => error instanceof OutsideCallError && error.kind !== 'open'),
        { maxAttempts: retries, backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 1000 }) },
      );
      return retried.execute(() => once(request));
    },
    state() {
      switch (breaker.state) {
        case CircuitState.Closed:
          return 'closed';
        case CircuitState.HalfOpen:
          return 'half-open';
        case CircuitState.Open:
        case CircuitState.Isolated:
          return 'open';
      }
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

function noAnswer(name: string, error: unknown): OutsideCallError {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && neverConnected.has(code)
    ? new OutsideCallError('refused', `${name} can't be reached.`, { cause: error })
    : new OutsideCallError('broken', `The connection to ${name} broke.`, { cause: error });
}
