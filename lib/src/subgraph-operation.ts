import {
  createSourceEventStream,
  execute,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { pause, retryDelay } from './bell.ts';
import { isDatabaseFault } from './database-fault.ts';
import { LiveEvent, LivePlace, LiveRoot } from './live-event.ts';
import { inContext, type ContextFields } from './log.ts';
import type { Timing } from './metrics.ts';
import type { Span } from './telemetry.ts';

/** Execution arguments that remember the request they belong to, and what of it stands in logs. */
export class Operation implements ExecutionArgs {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly contextValue: unknown;
  readonly variableValues: Record<string, unknown> | null;
  readonly operationName: string | null;
  readonly fields: ContextFields;
  /** Of a subscription it ends when the events can come. */
  readonly span: Span | undefined;
  readonly resumeFrom: string | undefined;
  readonly tellPlace: (place: LivePlace) => void;

  constructor(
    schema: GraphQLSchema,
    document: DocumentNode,
    payload: SubscribePayload,
    given: {
      contextValue: unknown;
      fields: ContextFields;
      span: Span | undefined;
      resumeFrom: string | undefined;
      tellPlace: (place: LivePlace) => void;
    },
  ) {
    this.schema = schema;
    this.document = document;
    this.variableValues = payload.variables ?? null;
    this.operationName = payload.operationName ?? null;
    this.contextValue = given.contextValue;
    this.fields = given.fields;
    this.span = given.span;
    this.resumeFrom = given.resumeFrom;
    this.tellPlace = given.tellPlace;
  }
}

type Result = IteratorResult<ExecutionResult, undefined>;

/**
 * The results of a subscription. What its field yields is the root value of each, as ever; of a LiveEvent the state is, and its place
 * goes beside the result.
 *
 * @param hydration how long events take from the feed to the socket
 */
export async function subscribeAs(
  operation: Operation,
  hydration?: Timing,
): Promise<ExecutionResult | AsyncGenerator<ExecutionResult, undefined>> {
  const { schema, document, contextValue, variableValues, operationName, fields, resumeFrom } = operation;
  const rootValue = new LiveRoot(resumeFrom);
  const source = await inContext(fields, () =>
    createSourceEventStream({ schema, document, rootValue, contextValue, variableValues, operationName }),
  );
  if (!(Symbol.asyncIterator in source)) return source;
  return new Results(operation, source[Symbol.asyncIterator](), hydration) as unknown as AsyncGenerator<
    ExecutionResult,
    undefined
  >;
}

/** graphql-ws pulls results from outside of the operation's context, so each pull enters it again. */
class Results {
  readonly #operation: Operation;
  readonly #source: AsyncIterator<unknown>;
  readonly #hydration: Timing | undefined;
  #hasEnded = false;
  /** When the event whose result is being sent had arrived. */
  #arrivedAt: number | undefined;

  constructor(operation: Operation, source: AsyncIterator<unknown>, hydration: Timing | undefined) {
    this.#operation = operation;
    this.#source = source;
    this.#hydration = hydration;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    // The next one is asked for when the last one is sent.
    if (this.#arrivedAt !== undefined) this.#hydration?.observe((performance.now() - this.#arrivedAt) / 1_000);
    this.#arrivedAt = undefined;
    return inContext(this.#operation.fields, () => this.#next());
  }

  async return(): Promise<Result> {
    this.#hasEnded = true;
    await inContext(this.#operation.fields, () => this.#source.return?.());
    return { value: undefined, done: true };
  }

  async throw(error: unknown): Promise<Result> {
    await this.return();
    throw error;
  }

  async #next(): Promise<Result> {
    for (;;) {
      const { value, done } = await this.#source.next();
      if (done === true || this.#hasEnded) return { value: undefined, done: true };
      if (value instanceof LivePlace) {
        this.#operation.tellPlace(value);
        continue;
      }
      try {
        return { value: value instanceof LiveEvent ? await this.#live(value) : await this.#result(value), done: false };
      } catch (error) {
        await this.return();
        throw error;
      }
    }
  }

  async #result(rootValue: unknown): Promise<ExecutionResult> {
    const { schema, document, contextValue, variableValues, operationName } = this.#operation;
    return execute({ schema, document, rootValue, contextValue, variableValues, operationName });
  }

  /** While the database is away an event waits: its subscriber gets no other chance to see it. */
  async #live({ state, position, resumed, occurredAt, arrivedAt }: LiveEvent): Promise<ExecutionResult> {
    let result = await this.#result(state);
    for (let attempt = 0; lacksDatabase(result) && !this.#hasEnded; attempt++) {
      await pause(retryDelay(attempt, 50, 1_000));
      result = await this.#result(state);
    }
    this.#arrivedAt = arrivedAt;
    const extensions = {
      ...(position !== undefined && { position }),
      ...(resumed !== undefined && { resumed }),
      ...(occurredAt !== undefined && { occurredAt }),
    };
    return { ...result, extensions };
  }
}

function lacksDatabase({ errors }: ExecutionResult): boolean {
  return errors !== undefined && errors.some(({ originalError }) => isDatabaseFault(originalError));
}
