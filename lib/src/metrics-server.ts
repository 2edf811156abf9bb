import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendText } from './http-answer.ts';
import type { Logger } from './log.ts';

/** What is said to whoever asks for the metrics. */
export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

export interface MetricsServer {
  /** e.g. `http://127.0.0.1:9464/metrics` */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * A listener of its own for `GET /metrics`: it is for the operator's network, not for that of the clients.
 *
 * @throws Error in one sentence when it can't listen
 */
export async function startMetricsServer(options: {
  /** 0 for any free one. */
  port: number;
  host: string;
  read: () => Promise<MetricsText>;
  log: Logger;
}): Promise<MetricsServer> {
  const { port, host, read, log } = options;
  const server = createServer(function onRequest(request, response) {
    if (request.url?.split('?', 1)[0] !== '/metrics') sendText(response, 404, '{"error":"Metrics are at /metrics."}');
    else if (request.method !== 'GET') sendText(response, 405, '{"error":"Metrics are read with GET."}');
    else {
      read().then(
        ({ contentType, text }) => sendText(response, 200, text, { 'content-type': contentType }),
        (error: unknown) => {
          log.error({ error }, 'the metrics could not be read');
          sendText(response, 500, '{"error":"The metrics could not be read."}');
        },
      );
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const reason = code === 'EADDRINUSE' ? 'it is taken by another program' : message;
      reject(new Error(`Metrics can't be offered on port ${port} of ${host}: ${reason}.`));
    });
    server.listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo;
  return {
    url: `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}/metrics`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
