/** The seed's load: so many users, each sending its next request as soon as the last is answered. */
import { build, type Histogram } from 'hdr-histogram-js';
import { Pool } from 'undici';

export interface LoadOptions {
  /** Origin, for example http://127.0.0.1:4000. */
  readonly origin: string;
  readonly path: string;
  readonly users: number;
  readonly seconds: number;
  /** The request of a user: headers and body, made anew for each. */
  readonly request: (user: number) => { readonly headers: Record<string, string>; readonly body: string };
  /** Whether an answer is a success. */
  readonly succeeded: (status: number, body: string) => boolean;
}

export interface LoadReport {
  readonly answered: number;
  readonly failed: number;
  /** Of the first failure, to say what went wrong. */
  readonly firstFailure: string | undefined;
  readonly startedAt: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

/** Loads an endpoint for so many seconds; resolves when every user's last request is answered. */
export async function load(options: LoadOptions): Promise<LoadReport> {
  const pool = new Pool(options.origin, { connections: options.users, pipelining: 1 });
  // Microseconds, up to a minute.
  const latencies: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  });
  const startedAt = performance.now();
  const endsAt = startedAt + options.seconds * 1000;
  let failed = 0;
  let firstFailure: string | undefined;

  async function user(number: number): Promise<void> {
    while (performance.now() < endsAt) {
      const { headers, body } = options.request(number);
      const sentAt = performance.now();
      try {
        const answer = await pool.request({ method: 'POST', path: options.path, headers, body });
        const text = await answer.body.text();
        if (!options.succeeded(answer.statusCode, text)) throw new Error(`${answer.statusCode} ${text.slice(0, 500)}`);
      } catch (error) {
        failed += 1;
        firstFailure ??= String(error);
      }
      latencies.recordValue(Math.max(1, Math.round((performance.now() - sentAt) * 1000)));
    }
  }

  await Promise.all(Array.from({ length: options.users }, (_, number) => user(number)));
  const seconds = (performance.now() - startedAt) / 1000;
  await pool.close();
  const ms = (microseconds: number): number => Math.round(microseconds / 10) / 100;
  return {
    answered: latencies.totalCount - failed,
    failed,
    firstFailure,
    startedAt,
    seconds,
    mean: ms(latencies.mean),
    p50: ms(latencies.getValueAtPercentile(50)),
    p99: ms(latencies.getValueAtPercentile(99)),
    longest: ms(latencies.maxValue),
  };
}
