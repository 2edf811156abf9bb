import { createLogger } from '@cafe-for-me/lib/log';
import { getOperationAST, parse } from 'graphql';
import type { Caller } from '../authorization/identity.ts';
import { createFormatError } from '../errors.ts';
import type { Executed } from '../execute.ts';
import type { Generation } from '../generation.ts';
import type { LiveClient, LiveEnd, LiveMessage, StopReason } from '../live/live-client.ts';
import { liveSettings } from '../live/live-settings.ts';
import type { Accepted, Given } from '../live/live-subscriptions.ts';
import { createLiveSubscriptions } from '../live/live.ts';
import { settingsSchema } from '../config/settings.ts';
import type { SubgraphAnswer } from '../subgraphs/subgraph-answer.ts';
import type { Upstream } from '../subgraphs/upstream.ts';

type Options = Parameters<typeof createLiveSubscriptions>[0];

const log = createLogger({ service: 'router', level: 'silent' });

/** A client that writes down what it is told. */
export class NotingClient implements LiveClient {
  readonly messages: LiveMessage[] = [];
  end: LiveEnd | 'completed' | 'failed' | undefined;
  codes: unknown[] = [];
  stop: (reason?: StopReason) => void = () => undefined;

  next(message: LiveMessage): void {
    this.messages.push(message);
  }
  failed(errors: Parameters<LiveClient['failed']>[0]): void {
    this.end = 'failed';
    this.codes = errors.map(({ extensions }) => extensions?.['code']);
  }
  completed(): void {
    this.end = 'completed';
  }
  ended(reason: LiveEnd): void {
    this.end = reason;
  }

  /** The last token. */
  get resume(): string | undefined {
    return this.messages.at(-1)?.resume;
  }

  /** What was told beside the data. */
  get said(): Record<string, unknown>[] {
    return this.messages.map(({ text }) => {
      const { extensions } = JSON.parse(text) as { extensions: Record<string, unknown> };
      const { resume, ...others } = extensions;
      if (typeof resume !== 'string') throw new Error('a message without a token');
      return others;
    });
  }
}

/** The core of live subscriptions by itself: what comes from a subgraph goes to clients of a test. */
export function startLiveCore(
  upstream: Upstream,
  options: Partial<Options> & { executeEvent?: (event: SubgraphAnswer) => Promise<Executed> } = {},
) {
  const { executeEvent = ({ data }) => Promise.resolve({ data: JSON.stringify(data) }), ...given } = options;
  let executions = 0;

  function generationOf(upstreams: ReadonlyMap<string, Upstream>): Generation {
    return {
      pipeline: { run: async (request: { query: string }) => accepted(request.query) } as never,
      upstreams,
      enter() {},
      leave() {},
      retire: () => Promise.resolve(),
    };
  }

  function accepted(text: string, variables?: Record<string, unknown>): Accepted {
    const document = parse(text);
    return {
      status: 'streams',
      subscription: {
        primary: { serviceName: 'one', operation: text } as never,
        variables: {},
        executeEvent(event) {
          executions += 1;
          return executeEvent(event);
        },
      },
      variables,
      queryHash: text,
      document,
      operation: getOperationAST(document)!,
    };
  }

  const anonymous: Caller = { claims: null, expiresAt: undefined, signed: () => undefined };
  const generation = generationOf(new Map([['one', upstream]]));
  const live = createLiveSubscriptions({
    settings: liveSettings.parse({}),
    subgraphs: settingsSchema.parse({}).subgraphs,
    identity: { holds: () => true, onRevoked: () => () => undefined },
    routerKey: 'the same for all of them, of 32 characters',
    restartSpreadMs: 0,
    formatError: createFormatError(log),
    log,
    ...given,
  });

  return {
    live,
    generation,
    generationOf,
    get executions() {
      return executions;
    },
    callerOf: (claims: Caller['claims'], expiresAt?: number): Caller => ({ ...anonymous, claims, expiresAt }),
    start(
      more: Partial<Pick<Given, 'resume' | 'transport' | 'address'>> & {
        text?: string;
        caller?: Caller;
        headers?: Record<string, string>;
        variables?: Record<string, unknown>;
      } = {},
    ): NotingClient {
      const { text = 'subscription { told }', caller = anonymous, headers = {}, variables } = more;
      const client = new NotingClient();
      const context = { requestId: 'r', traceparent: undefined, caller, headers };
      const { resume, transport = 'ws', address = '127.0.0.1' } = more;
      const stop = live.start(
        accepted(text, variables),
        generation,
        { request: { query: text, variables }, context, resume, transport, address },
        client,
      );
      client.stop = (reason = 'client') => stop(reason);
      return client;
    },
  };
}
