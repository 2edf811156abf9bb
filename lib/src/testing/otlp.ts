import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it was sent, in OTLP's JSON, with its attributes as an object. */
export interface SentSpan {
  readonly service: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly status: { readonly code: number; readonly message?: string };
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface SentAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface SentSpans {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly SentAttribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<SentSpan, 'attributes' | 'service'> & { attributes: readonly SentAttribute[] })[];
    }[];
  }[];
}

/** A receiver of spans: OTLP over HTTP, as JSON. */
export async function startSpanReceiver() {
  const spans: SentSpan[] = [];
  let refusing = false;
  const server = createServer(function onRequest(request, response) {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      if (refusing) {
        response.writeHead(400).end();
        return;
      }
      if (request.url === '/v1/traces') spans.push(...spansIn(JSON.parse(text) as SentSpans));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    /** As in OTEL_EXPORTER_OTLP_ENDPOINT. */
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** What has come so far. */
    spans: spans as readonly SentSpan[],
    /** Takes nothing from now on, or again. */
    refuse(refuse: boolean): void {
      refusing = refuse;
    },
    close(): Promise<void> {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export type SpanReceiver = Awaited<ReturnType<typeof startSpanReceiver>>;

function spansIn({ resourceSpans }: SentSpans): SentSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name']);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({ ...span, service, attributes: valuesOf(span.attributes) })),
    );
  });
}

function valuesOf(attributes: readonly SentAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
