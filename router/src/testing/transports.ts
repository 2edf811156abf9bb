import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@cafe-for-me/lib/log';
import { createMetrics } from '@cafe-for-me/lib/metrics';
import { createIdentity, type Identity } from '../authorization/identity.ts';
import { settingsSchema } from '../config/settings.ts';
import { createFormatError } from '../errors.ts';
import type { LiveClient, StopReason } from '../live/live-client.ts';
import type { LiveSettings } from '../live/live-settings.ts';
import type { Given, LiveSubscriptions } from '../live/live-subscriptions.ts';
import type { OperationRequest } from '../pipeline/operation-request.ts';
import type { Outcome } from '../pipeline/pipeline.ts';
import type { RequestContext } from '../request-context.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';
import { createAddressOf } from '../transport/client-address.ts';
import { createKeptHeaders } from '../transport/kept-headers.ts';
import { OpenConnections } from '../transport/open-connections.ts';
import { createHttpStreams } from '../transport/http-streams.ts';
import { createHttpTransport } from '../transport/http.ts';
import { createWebSocketTransport } from '../transport/websocket.ts';

/** A subscription that a transport started: the test says what comes of it. */
export interface Started {
  readonly given: Given;
  readonly client: LiveClient;
  /** The transport said that its connection is no more. */
  stopped: boolean;
  /** And why. */
  reason: StopReason | undefined;
}

const streams = { status: 'streams' } as unknown as Outcome;

/** The transports alone, on a real server: what is behind them is the test's. */
export async function startTransports(
  options: {
    /** @default a subscription for whatever says so */
    run?: (request: OperationRequest, context: RequestContext) => Promise<Outcome> | Outcome;
    subscriptions?: Partial<LiveSettings>;
    identity?: Identity;
    headers?: { propagate: string[] };
  } = {},
) {
  const { run = ({ query }) => (query?.startsWith('subscription') ? streams : answered(query)) } = options;
  const settings = settingsSchema.parse({
    subscriptions: { heartbeatMs: 60_000, ...options.subscriptions },
    subgraphs: { headers: options.headers ?? {} },
  });
  const lines: { level: string; msg: string; requestId?: string; error?: { message: string } }[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]);
  const log = createLogger({ service: 'router', destination: { write } });
  const telemetry = createTelemetry({ metrics: createMetrics(), tracing: undefined, operations: [] });
  const started: Started[] = [];
  const changes = new EventEmitter();
  let inside = 0;
  const generation = {
    pipeline: {
      http: async () => ({
        headers: new Map([['content-type', 'text/plain']]),
        body: { kind: 'complete', string: 'plain' },
      }),
      run: async (request: OperationRequest, context: RequestContext) => run(request, context),
    },
    enter: () => void (inside += 1),
    leave: () => void (inside -= 1),
  };
  const subscriptions: LiveSubscriptions = {
    start(_accepted, _generation, given, client) {
      const one: Started = { given, client, stopped: false, reason: undefined };
      started.push(one);
      changes.emit('change');
      return function stop(reason) {
        one.stopped = true;
        one.reason ??= reason;
        changes.emit('change');
      };
    },
    moveTo: async () => undefined,
    count: () => started.length,
    stop: () => undefined,
  };
  const { heartbeatMs, maxSockets, drainSpreadMs } = settings.subscriptions;
  const open = new OpenConnections({ heartbeatMs, max: maxSockets, drainSpreadMs });
  const parts = {
    generation() {
      inside += 1;
      return generation as never;
    },
    subscriptions,
    open,
    settings: settings.subscriptions,
    identity: options.identity ?? createIdentity({ routerKey: undefined, tokens: undefined }),
    cors: { answered: () => false, mayOpenSocket: () => true },
    rateLimit: undefined,
    addressOf: createAddressOf(0),
    keptHeaders: createKeptHeaders(settings.subgraphs),
    formatError: createFormatError(log),
    log,
    telemetry,
  };
  const webSockets = createWebSocketTransport({ ...parts, maxMessageBytes: 100_000 });
  const http = createHttpTransport({ ...parts, streams: createHttpStreams(parts), maxBodyBytes: 100_000 });
  telemetry.transports!.showWaiting(() => open.waitingBytes());
  const server: Server = createServer((request, response) => void http(request, response));
  server.on('upgrade', webSockets.upgrade);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(changes, 'change');
  }

  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    socket.on('close', () => (connections -= 1));
  });

  return {
    url: `http://127.0.0.1:${port}/graphql`,
    open,
    webSockets,
    lines,
    started,
    until,
    /** How many clients are connected, in any way. */
    connections: () => connections,
    /** How often a generation is entered and not left. */
    inside: () => inside,
    /** The subscription that was started as the n-th. */
    async subscription(place = 0): Promise<Started> {
      await until(() => started.length > place);
      return started[place]!;
    },
    metrics: () => telemetry.metrics!.registry.metrics(),
    async stop() {
      await open.drain();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type TestTransports = Awaited<ReturnType<typeof startTransports>>;

function answered(query: unknown): Outcome {
  return { status: 'answered', text: JSON.stringify({ data: { query } }) };
}

/** A message as the core makes them. */
export function message(version: number, occurredAt?: number) {
  const resume = `token-${version}`;
  return { text: JSON.stringify({ data: { version }, extensions: { resume } }), resume, occurredAt };
}
