/**
 * Lets subscriptions over EventSource go on where they were. By itself an EventSource that lost its connection comes back with
 * the last id; but one whose come-back is refused (503 from a proxy during a deploy, 401 for a token whose time is over) is closed
 * for good. This one is then opened again, with the last id in its address:
 *
 *     const watch = resumingEventSource('/graphql', { query, variables }, { next, resumed, error, complete }, { from: kept });
 *
 * A browser's EventSource sends cookies, and no headers of one's own. Where a header carries the token, `open` makes another kind:
 *
 *     import { EventSource } from 'eventsource';
 *     const open = (address, refused) => new EventSource(address, { fetch: (url, init) => fetch(url, withToken(init, refused)) });
 */
import {
  backoff,
  operationOf,
  type Kept,
  type LiveExtensions,
  type LiveRequest,
  type Resumed,
} from './resume-token.ts';

/** What is used of an EventSource. */
export interface EventSourceLike {
  readonly readyState: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- the classes that there are differ in the types of their events
  addEventListener(type: string, listener: (event: any) => void): void;
  close(): void;
}

export interface LiveResult<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly [more: string]: unknown }[];
  readonly extensions?: LiveExtensions & Record<string, unknown>;
}

export interface EventSink<Data> {
  next(result: LiveResult<Data>): void;
  /** It ended for good: the error event of the last try. Nothing comes any more. */
  error?(event: unknown): void;
  complete?(): void;
  /** Comes right before the first `next` after a token was brought back. `reason` says why it is not `exact`. */
  resumed?(outcome: Resumed, reason: string | undefined): void;
}

export interface EventSourceOptions {
  /**
   * Opens one; called again for each that ended for good.
   *
   * @param refused the last one was refused for its token (401 or 403, where the class tells), so that a fresh one is wanted
   * @default (address) => new EventSource(address)
   */
  readonly open?: (address: string, refused: boolean) => EventSourceLike;
  /** Where an earlier subscription was; it counts for the same operation with the same variables alone. */
  readonly from?: Kept | undefined;
  /** The wait before try 0, 1, 2… in ms. @default {@link backoff} */
  readonly wait?: (tries: number) => number;
}

const CLOSED = 2;
/** After so many refused tokens in a row no fresh one will help. */
const REFUSALS = 3;
/** Of the 4xx these alone may be otherwise the next time; 401 and 403 are counted. */
const PASSING: ReadonlySet<number> = new Set([401, 403, 408, 425, 429]);

/** @param url of the endpoint; the operation is added as the query string */
export function resumingEventSource<Data>(
  url: string,
  request: LiveRequest,
  sink: EventSink<Data>,
  { open = openHere, from, wait = backoff }: EventSourceOptions = {},
): { kept(): Kept | undefined; stop(): void } {
  const operation = operationOf(request);
  const { query, operationName, variables, extensions } = JSON.parse(JSON.stringify(request)) as LiveRequest;
  let token = from?.operation === operation ? from.token : undefined;
  let foreign = from !== undefined && token === undefined;
  let source: EventSourceLike | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let tries = 0;
  let refusals = 0;

  function address(): string {
    const parameters = new URLSearchParams({ query });
    if (operationName) parameters.set('operationName', operationName);
    if (variables) parameters.set('variables', JSON.stringify(variables));
    const more = { ...extensions, ...(token !== undefined && { resume: token }) };
    if (Object.keys(more).length > 0) parameters.set('extensions', JSON.stringify(more));
    return `${url}${url.includes('?') ? '&' : '?'}${parameters.toString()}`;
  }

  function take(event: { data: string; lastEventId: string }): void {
    const result = JSON.parse(event.data) as LiveResult<Data>;
    const { resumed, resumedReason } = result.extensions ?? {};
    if (event.lastEventId !== '') token = event.lastEventId;
    if (foreign) sink.resumed?.('expired', 'OTHER_OPERATION');
    else if (resumed !== undefined) sink.resumed?.(resumed, resumedReason);
    foreign = false;
    sink.next(result);
  }

  function again(event: unknown): void {
    const { code } = event as { code?: number };
    refusals = code === 401 || code === 403 ? refusals + 1 : 0;
    const final = code !== undefined && code >= 400 && code < 500 && !PASSING.has(code);
    if (final || refusals >= REFUSALS) {
      stop();
      sink.error?.(event);
    } else timer = setTimeout(connect, wait(tries++));
  }

  function connect(): void {
    const opened = open(address(), refusals > 0);
    source = opened;
    opened.addEventListener('open', function isGood() {
      if (opened === source) tries = refusals = 0;
    });
    opened.addEventListener('next', (event) => opened === source && take(event));
    opened.addEventListener('complete', function isOver() {
      if (opened !== source) return;
      stop();
      sink.complete?.();
    });
    opened.addEventListener('error', function mayBeOver(event) {
      if (opened !== source || opened.readyState !== CLOSED) return;
      source = undefined;
      again(event);
    });
  }

  function stop(): void {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  }

  connect();
  return { kept: () => (token === undefined ? undefined : { operation, token }), stop };
}

function openHere(address: string): EventSourceLike {
  const { EventSource } = globalThis as unknown as { EventSource: new (address: string) => EventSourceLike };
  return new EventSource(address);
}
