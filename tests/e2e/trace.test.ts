import { startSpanReceiver, type SentSpan, type SpanReceiver } from '@cafe-for-me/lib/testing/otlp';
import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';

describe('a traced order', () => {
  let receiver: SpanReceiver;
  let cafe: Cafe;
  beforeAll(async () => {
    receiver = await startSpanReceiver();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '20' };
    cafe = await openCafe({ env: { router: env, customer: env, delivery: env, accounting: env } });
  }, 90_000);
  afterAll(async () => {
    await cafe.close();
    await receiver.close();
  });

  /** Everything that belongs to the order's trace, as `service: name`, from the client's request down to each span. */
  function pathsOf(operation: string): string[] {
    const root = receiver.spans.find((span) => span.attributes['graphql.operation.name'] === operation);
    const spans = new Map(
      receiver.spans.filter(({ traceId }) => traceId === root?.traceId).map((span) => [span.spanId, span]),
    );
    function pathTo(span: SentSpan): string {
      const parent = spans.get(span.parentSpanId ?? '');
      return `${parent === undefined ? '' : `${pathTo(parent)} > `}${span.service}: ${span.name}`;
    }
    return [...spans.values()].map(pathTo);
  }

  it('is one trace through router, subgraph, payment, events and their consumers in every service', async () => {
    const alice = await cafe.customer();
    await alice.paidOrder();
    const placed = 'router: POST /graphql > router: fetch customer > customer: POST /graphql';
    const paid = `${placed} > customer: send PaymentCompleted`;
    const created = `${paid} > delivery: process PaymentCompleted > delivery: send DeliveryCreated`;
    const wanted = [
      `router: POST /graphql > router: plan`,
      `${placed} > customer: POST payment`,
      `${placed} > customer: send OrderPlaced > delivery: process OrderPlaced`,
      `${paid} > accounting: process PaymentCompleted`,
      `${created} > customer: process DeliveryCreated`,
      `${created} > accounting: process DeliveryCreated`,
    ];
    // Each service sends its spans when it comes to it: one may be there before the one that it belongs under.
    const paths = await eventually(
      () => Promise.resolve(pathsOf('PlaceOrder')),
      (found) =>
        wanted.every((path) => found.includes(path)) && found.every((path) => path.startsWith('router: POST /graphql')),
    );
    expect(paths.filter((path) => !path.includes(' > '))).toEqual(['router: POST /graphql']);
    expect(new Set(paths).size).toBe(paths.length);
  });
});
