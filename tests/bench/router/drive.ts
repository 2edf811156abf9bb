/** The load on a gateway: so many connections, each with its next request as soon as the last is answered. */
import { connect, type Socket } from 'node:net';
import { build } from 'hdr-histogram-js';
import { workloads, type Workload } from './graph.ts';
import { createMessageReader, type Message } from './raw-http.ts';
import { VISIT_DIGITS, visitText } from './visit.ts';

export interface Target {
  readonly port: number;
  readonly path: string;
}

export interface DriveOptions {
  readonly target: Target;
  readonly workload: Workload;
  readonly seconds: number;
  /** One for each connection. Each request has a number of its own, whoever sends it. */
  readonly tokens: readonly string[];
  /** What the right answer has: whoever answers otherwise fails. */
  readonly answerBytes: number;
}

export interface DriveReport {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
  /** Of the first failure, to say what went wrong. */
  readonly firstFailure: string | undefined;
}

/** The whole request, and where the number stands in it. */
interface PreparedRequest {
  readonly bytes: Buffer;
  /** Where the digits of the number begin: in the header that is passed on, and in the variables. */
  readonly digitsAt: readonly number[];
}

function prepareRequest({ port, path }: Target, workload: Workload, token: string): PreparedRequest {
  const body = JSON.stringify({ query: workloads[workload], variables: { visit: visitText(0) } });
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    'content-type: application/json',
    'accept: application/json',
    `authorization: Bearer ${token}`,
    `x-request-id: ${visitText(0)}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  const bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
  const digitsAt: number[] = [];
  for (let at = bytes.indexOf(visitText(0)); at >= 0; at = bytes.indexOf(visitText(0), at + 1)) {
    digitsAt.push(at + visitText(0).length - VISIT_DIGITS);
  }
  return { bytes, digitsAt };
}

let visits = 0;

/** Writes the next number into a request. */
function number({ bytes, digitsAt }: PreparedRequest): void {
  visits += 1;
  for (const at of digitsAt) {
    for (let rest = visits, digit = VISIT_DIGITS - 1; digit >= 0; digit--, rest = Math.floor(rest / 10)) {
      bytes[at + digit] = 48 + (rest % 10);
    }
  }
}

/** Loads a gateway; resolves when every connection's last request is answered. */
export async function drive(options: DriveOptions): Promise<DriveReport> {
  const { target, workload, tokens, answerBytes } = options;
  // Microseconds, up to a minute.
  const latencies = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  });
  const startedAt = performance.now();
  const endsAt = startedAt + options.seconds * 1000;
  let failed = 0;
  let firstFailure: string | undefined;

  function isRight({ head, length }: Message): boolean {
    return length === answerBytes && head.startsWith('HTTP/1.1 200');
  }

  function runConnection(token: string): Promise<void> {
    const request = prepareRequest(target, workload, token);
    const read = createMessageReader();
    let sentAt = 0;
    return new Promise(function opened(resolve) {
      const socket: Socket = connect({ host: '127.0.0.1', port: target.port, noDelay: true });
      function fail(reason: string): void {
        failed += 1;
        firstFailure ??= reason;
      }
      function send(): void {
        sentAt = performance.now();
        if (sentAt >= endsAt) {
          socket.destroy();
          resolve();
          return;
        }
        number(request);
        socket.write(request.bytes);
      }
      socket.on('connect', send);
      socket.on('data', function onData(chunk) {
        const message = read(chunk);
        if (message === undefined) return;
        latencies.recordValue(Math.max(1, Math.round((performance.now() - sentAt) * 1000)));
        if (!isRight(message)) fail(`${message.head.slice(0, 200)}\n${message.body().slice(0, 500)}`);
        send();
      });
      socket.on('error', (error) => fail(String(error)));
      socket.on('close', () => {
        if (performance.now() < endsAt) fail('closed the connection');
        resolve();
      });
    });
  }

  await Promise.all(tokens.map((token) => runConnection(token)));
  const seconds = (performance.now() - startedAt) / 1000;
  const ms = (microseconds: number): number => Math.round(microseconds / 10) / 100;
  return {
    perSecond: Math.round(((latencies.totalCount - failed) / seconds) * 10) / 10,
    p50: ms(latencies.getValueAtPercentile(50)),
    p99: ms(latencies.getValueAtPercentile(99)),
    failed,
    firstFailure,
  };
}
