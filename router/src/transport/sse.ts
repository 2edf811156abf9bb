import { madeOnce, type StreamFormat } from './stream-format.ts';

/** Every line of an event has to say that it belongs to it; JSON may have breaks between its values. */
function nextEvent(json: string, id?: string): string {
  const data = /[\r\n]/.test(json) ? json.replace(/\r\n|\r|\n/g, ' ') : json;
  return `${id === undefined ? '' : `id: ${id}\n`}event: next\ndata: ${data}\n\n`;
}

/** An event without any line of data is never told to an EventSource. */
const complete = 'event: complete\ndata:\n\n';

/**
 * Server-sent events, one response per operation: the "distinct connections mode" of GraphQL over SSE (PROTOCOL.md of
 * graphql-sse), on the event stream of HTML (section 9.2).
 *
 * What is wrong with an operation is told in a `next` event, as the protocol asks: an EventSource can't read the body of a
 * status other than 200. What a client can't go on with as it is (401, 413, 429, 503) is a status.
 *
 * The `id` of each event is its token, which an EventSource sends back as `Last-Event-ID` by itself. There is no event for
 * "come back": the response ends without `complete`, and an EventSource comes back; a comment says why.
 */
export const sse: StreamFormat = {
  transport: 'sse',
  headers: [
    'content-type',
    'text/event-stream; charset=utf-8',
    'cache-control',
    'no-cache, no-transform',
    // nginx would collect events until a buffer is full.
    'x-accel-buffering',
    'no',
  ],
  // After how many ms an EventSource comes back: each after another time, as many lose their streams in one moment.
  opening: () => `retry: ${500 + Math.floor(Math.random() * 1_000)}\n\n`,
  next: madeOnce(({ text, resume }) => nextEvent(text, resume)),
  answered: (payload) => nextEvent(payload) + complete,
  failed: (errors) => nextEvent(JSON.stringify({ errors })) + complete,
  completed: complete,
  heartbeat: ':\n\n',
  ended: (reason) => `: ${reason}\n\n`,
};
