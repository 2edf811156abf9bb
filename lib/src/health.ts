import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendText } from './http-answer.ts';

/** One thing that must work before requests may come. Throwing means no. */
export type ReadinessCheck = () => boolean | Promise<boolean>;

export interface Health {
  /** Answers `/health/live` and `/health/ready`. @returns false when the request is for something else */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** Asks all checks. `draining` is always ready: false. */
  ready(): Promise<{ status: 'ready' | 'not ready' | 'draining'; checks: Record<string, boolean> }>;
  /** From now on it is not ready, whatever the checks say. */
  drain(): void;
}

/**
 * Liveness and readiness of a process.
 *
 * @param checks by name; each has `boundMs` to answer, so that a probe with a time-out gets an answer from us
 */
export function createHealth(
  checks: Readonly<Record<string, ReadinessCheck>>,
  options: { /** @default 1000 ms */ boundMs?: number } = {},
): Health {
  const { boundMs = 1000 } = options;
  let draining = false;

  async function ready(): ReturnType<Health['ready']> {
    const answers = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await bounded(check, boundMs)] as const),
    );
    const isReady = answers.every(([, answer]) => answer);
    return { status: draining ? 'draining' : isReady ? 'ready' : 'not ready', checks: Object.fromEntries(answers) };
  }

  return {
    ready,
    drain() {
      draining = true;
    },
    handle(request, response) {
      const path = request.url?.split('?', 1)[0];
      if (path === '/health/live') {
        sendText(response, 200, '{"status":"live"}', noStore);
        return true;
      }
      if (path === '/health/ready' || path === '/health') {
        // The checks never reject: `bounded` turns a failure into false.
        void ready().then((state) =>
          sendText(response, state.status === 'ready' ? 200 : 503, JSON.stringify(state), noStore),
        );
        return true;
      }
      return false;
    },
  };
}

const noStore = { 'cache-control': 'no-store' };

async function bounded(check: ReadinessCheck, boundMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, boundMs, false);
    });
    return await Promise.race([check(), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
