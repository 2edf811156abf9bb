import { wantedStreamIn } from './stream-negotiation.ts';

describe('the header accept', () => {
  it.each([
    [undefined, undefined],
    ['application/json', undefined],
    ['*/*', undefined],
    ['text/event-stream', { transport: 'sse', json: false }],
    ['Text/Event-Stream ; q=0.5', { transport: 'sse', json: false }],
    ['text/event-stream;q=0', undefined],
    ['text/event-stream;q=x', undefined],
    ['multipart/mixed', undefined],
    ['multipart/mixed;subscriptionSpec=2.0', undefined],
    ['multipart/mixed;deferSpec=20220824, application/json', undefined],
    ['multipart/mixed;subscriptionSpec=1.0', { transport: 'multipart', json: false }],
    ['multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json', { transport: 'multipart', json: true }],
    [
      'multipart/mixed; boundary="a,b;c"; subscriptionSpec="1.0", application/json',
      { transport: 'multipart', json: true },
    ],
    ['multipart/mixed;subscriptionSpec=1.0, text/event-stream', { transport: 'multipart', json: false }],
    [
      'multipart/mixed;subscriptionSpec=1.0;q=0.5, text/event-stream;q=0.6, */*;q=0.1',
      { transport: 'sse', json: true },
    ],
    [
      'application/graphql-response+json, application/json, text/event-stream, multipart/mixed',
      { transport: 'sse', json: true },
    ],
    ['text/event-stream, application/json;q=0', { transport: 'sse', json: false }],
    [`text/event-stream${',"'.repeat(5_000)}`, { transport: 'sse', json: false }],
  ] as const)('%s', (accept, wanted) => {
    expect(wantedStreamIn(accept)).toEqual(wanted);
  });
});
