import type { Consumer, SqlClient } from './consumer.ts';
import { createConsumer } from './consumer.ts';
import type { EventEnvelope } from './events.ts';
import { createOutsideCall } from './outside-call.ts';
import { outboxJson } from './outbox.ts';
import { createRelay, type Relay } from './relay.ts';
import { traceIdOf, type Telemetry } from './telemetry.ts';
import { createTestStream, silentLog, type TestStream } from './testing/broker.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import { testEvent } from './testing/events.ts';
import { startSpanReceiver, type SentSpan, type SpanReceiver } from './testing/otlp.ts';
import { startSmallSubgraph } from './testing/small-subgraph.ts';
import { until } from './testing/until.ts';
import { startTracing } from './tracing.ts';

let receiver: SpanReceiver;
let telemetry: Telemetry;
beforeEach(async () => {
  receiver = await startSpanReceiver();
  telemetry = startTracing({
    url: `${receiver.url}/v1/traces`,
    service: 'shop',
    sampler: 'parentbased_always_on',
    ratio: 1,
    gatherMs: 1,
    log: silentLog,
  });
});
afterEach(async () => {
  await telemetry.stop();
  await receiver.close();
});

const client = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** The span of that name, once it has come. */
async function spanNamed(name: string): Promise<SentSpan> {
  await until(() => receiver.spans.some((span) => span.name === name));
  return receiver.spans.find((span) => span.name === name)!;
}

describe('a subgraph that traces', () => {
  it('answers within a span of the router’s fetch, which is the context of its work', async () => {
    const subgraph = await startSmallSubgraph({ tracer: telemetry.tracer });
    const answer = await subgraph.send('{ me { traceparent } }', { headers: { traceparent: client } });
    await subgraph.drain();
    const span = await spanNamed('POST /graphql');
    expect(span).toMatchObject({
      kind: 2,
      traceId: traceIdOf(client),
      parentSpanId: 'b7ad6b7169203331',
      attributes: { 'http.response.status_code': 200 },
    });
    expect(answer.body).toEqual({ data: { me: { traceparent: `00-${span.traceId}-${span.spanId}-01` } } });
  });

  it('logs the trace’s id with the faults of a request', async () => {
    const subgraph = await startSmallSubgraph();
    await subgraph.send('{ fail(how: "fault") }', { headers: { traceparent: client } });
    await subgraph.drain();
    expect(subgraph.lines.find(({ level }) => level === 'error')).toMatchObject({ traceId: traceIdOf(client) });
  });

  it('calls outside systems within spans of their own', async () => {
    const outside = createOutsideCall({
      name: 'bank',
      baseUrl: receiver.url,
      timeoutMs: 5_000,
      breaker: { threshold: 3, halfOpenAfterMs: 1_000 },
      log: silentLog,
      tracer: telemetry.tracer,
    });
    const subgraph = await startSmallSubgraph({
      tracer: telemetry.tracer,
      context: async (identity, requestId, traceparent) => {
        await outside.call({ method: 'GET', path: '/any' });
        return { identity, requestId, traceparent };
      },
    });
    await subgraph.send('{ add(a: 1, b: 2) }', { headers: { traceparent: client } });
    await Promise.all([subgraph.drain(), outside.close()]);
    const [server, call] = [await spanNamed('POST /graphql'), await spanNamed('GET bank')];
    expect(call).toMatchObject({ kind: 3, traceId: server.traceId, parentSpanId: server.spanId });
  });
});

describe('events of services that trace', () => {
  let stream: TestStream;
  let db: TestDatabase;
  const running: (Relay | Consumer)[] = [];
  beforeEach(async () => {
    [stream, db] = await Promise.all([createTestStream(), createTestDatabase()]);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.drain()));
    await Promise.all([stream.remove(), db.drop()]);
  });

  async function relay(events: readonly EventEnvelope[]): Promise<void> {
    await db.query('SELECT outbox_append($1::jsonb)', [outboxJson(events, () => stream.subject)]);
    const { nc } = stream;
    const made = createRelay({
      databaseUrl: db.url,
      nats: nc,
      log: silentLog,
      service: 'shop',
      tracer: telemetry.tracer,
    });
    running.push(made);
    await made.start();
  }

  async function consume(handle: (event: EventEnvelope, tx: SqlClient) => void, tracer = true): Promise<void> {
    const made = createConsumer({
      nats: stream.nc,
      stream: stream.name,
      service: 'shop',
      database: db.database,
      handle,
      log: silentLog,
      ...(tracer && { tracer: telemetry.tracer }),
    });
    running.push(made);
    await made.start();
  }

  it('are sent within a span of their cause and handled within one of their sending', async () => {
    await relay([{ ...testEvent('a', 1), traceparent: client }]);
    const handled: EventEnvelope[] = [];
    await consume((event) => void handled.push(event));
    const [send, handling] = [await spanNamed('send Changed'), await spanNamed('process Changed')];
    expect(send).toMatchObject({
      kind: 4,
      traceId: traceIdOf(client),
      parentSpanId: 'b7ad6b7169203331',
      attributes: { 'messaging.system': 'nats', 'messaging.message.id': handled[0]?.id },
    });
    expect(handling).toMatchObject({ kind: 5, traceId: send.traceId, parentSpanId: send.spanId, status: { code: 0 } });
    expect(handled[0]?.traceparent).toBe(`00-${handling.traceId}-${handling.spanId}-01`);
  });

  it('join the trace of their cause also when they had to wait for an earlier one', async () => {
    const [first, second] = [testEvent('a', 1), { ...testEvent('a', 2), traceparent: client }];
    await relay([second, first]);
    const handled: EventEnvelope[] = [];
    await consume((event) => void handled.push(event));
    await until(() => handled.length === 2 && receiver.spans.length >= 4);
    const late = receiver.spans.find(({ attributes }) => Number(attributes['event.aggregate.version']) === 2);
    expect(late).toMatchObject({ name: 'process Changed', traceId: traceIdOf(client) });
  });

  it('tell of a handling that failed', async () => {
    await relay([{ ...testEvent('a', 1), traceparent: client }]);
    let tries = 0;
    await consume(() => {
      tries += 1;
      if (tries === 1) throw new RangeError('not yet');
    });
    await until(() => receiver.spans.filter(({ name }) => name === 'process Changed').length >= 2);
    const codes = receiver.spans.filter(({ name }) => name === 'process Changed').map(({ status }) => status);
    expect(codes).toEqual([{ code: 2, message: 'RangeError' }, { code: 0 }]);
  });

  it('carry the context of their cause to a service that does not trace', async () => {
    await relay([{ ...testEvent('a', 1), traceparent: client }]);
    const handled: EventEnvelope[] = [];
    await consume((event) => void handled.push(event), false);
    await until(() => handled.length === 1);
    expect(handled[0]?.traceparent).toBe(client);
  });
});
