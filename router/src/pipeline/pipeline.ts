import type { FormatError } from '@cafe-for-me/lib/errors';
import type { Logger } from '@cafe-for-me/lib/log';
import {
  GraphQLError,
  OperationTypeNode,
  type DocumentNode,
  type GraphQLFormattedError,
  type OperationDefinitionNode,
} from 'graphql';
import { createAdmission } from '../transport/admission.ts';
import { answerText, httpAnswer, type HttpAnswer } from './answer-text.ts';
import { startApollo, type AcceptedSubscription, type StreamSlot } from './apollo.ts';
import { createCostRule } from '../limits/cost.ts';
import { belongTo, formatAll } from '../errors.ts';
import type { Executed, Executor, PlannedSubscription } from '../execute.ts';
import { explainedContext } from './explain-request.ts';
import { createKnownOperations, type KnownOperation } from './known-operations.ts';
import {
  httpWithoutText,
  operationIn,
  withoutEmptyText,
  type HttpRequest,
  type OperationRequest,
} from './operation-request.ts';
import type { PersistedOperations } from './persisted-operations.ts';
import { allOf, type OperationRule, type RequestCheck } from '../limits/request-checks.ts';
import type { RequestContext } from '../request-context.ts';
import type { Settings } from '../config/settings.ts';
import { createShortRequests } from './short-request.ts';
import type { LoadedSupergraph } from '../supergraph.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Variables } from '../planning/variables.ts';

/** What comes of an operation on a transport that streams. */
export type Outcome =
  /** The whole answer, as JSON text. */
  | { readonly status: 'answered'; readonly text: string }
  | { readonly status: 'refused'; readonly errors: readonly GraphQLFormattedError[] }
  /** A subscription that went through the whole pipeline and is ready to be streamed. */
  | {
      readonly status: 'streams';
      readonly subscription: PlannedSubscription;
      readonly variables: Variables | undefined;
      /** The hash of its text, whether the text or its hash was sent; of a listed operation, its id. */
      readonly queryHash: string;
      readonly document: DocumentNode;
      readonly operation: OperationDefinitionNode;
    };

/** The one way from an operation to its answer: parse, validate, plan, execute, format errors. Every transport uses it. */
export interface Pipeline {
  /** GraphQL over HTTP, subscriptions excluded. Never rejects. */
  http(request: HttpRequest, context: RequestContext): Promise<HttpAnswer>;
  /** For transports that stream: a result, or a subscription to be streamed. */
  run(request: OperationRequest, context: RequestContext): Promise<Outcome>;
  /** The texts of the operations that were asked for last, at most so many; the last one first. */
  latest(count: number): readonly string[];
  /** Gets an operation ready for the first request that asks for it. One that isn't allowed here is left alone. */
  rehearse(text: string, context: RequestContext): Promise<void>;
  stop(): Promise<void>;
}

/** What is known of an operation once its rules have looked at it. */
type Prepared = RequestCheck | GraphQLError | undefined;

/**
 * Starts the pipeline of one supergraph.
 *
 * Apollo Server has the word about each operation the first time that it comes; from then on it is known, and what is left to
 * do is the checks of the request and the execution.
 */
export async function startPipeline(options: {
  graph: LoadedSupergraph;
  executor: Executor;
  formatError: FormatError;
  persisted: PersistedOperations;
  settings: Pick<Settings, 'limits' | 'introspection' | 'explain'>;
  /** Beside those that the settings ask for. @default none */
  rules?: readonly OperationRule[];
  log: Logger;
  telemetry?: Telemetry | undefined;
}): Promise<Pipeline> {
  const { graph, executor, formatError: format, persisted, settings, rules = [], log, telemetry } = options;
  const { schema } = graph;
  const rule = allOf([...createCostRule(graph, settings.limits.cost), ...rules]);
  const refusalOf = createAdmission(persisted, settings.limits);
  const contextFor = settings.explain.enabled ? explainedContext : asItIs;
  const shortRequests = createShortRequests();
  const knownOperations = createKnownOperations({ texts: persisted.texts, counts: telemetry?.caches.operations });
  const prepared = new WeakMap<OperationDefinitionNode, { readonly rule: Prepared }>();

  function prepare(document: DocumentNode, operation: OperationDefinitionNode): Prepared {
    let known = prepared.get(operation);
    if (known === undefined) {
      known = { rule: rule.prepare({ document, operation, schema }) };
      prepared.set(operation, known);
    }
    return known.rule;
  }

  const apollo = await startApollo({
    schema,
    supergraphSdl: graph.sdl,
    executor,
    formatError: format,
    log,
    introspection: settings.introspection,
    counts: telemetry?.caches.documents,
    maxTokens: settings.limits.tokens ?? undefined,
    texts: persisted.createStore(),
    accepted({ queryHash, document, operation, variables, context }, request, text) {
      context.observed?.operation(operation);
      const check = prepare(document, operation);
      if (check instanceof GraphQLError) throw check;
      const refusal = check?.({ variables, context });
      if (refusal !== undefined) throw refusal;
      knownOperations.add(request, text, { queryHash, document, operation, check });
    },
  });

  function execute(
    known: KnownOperation,
    variables: Variables | undefined,
    context: RequestContext,
  ): Promise<Executed> {
    context.observed?.operation(known.operation);
    const refusal = known.check?.({ variables, context });
    if (refusal !== undefined) return Promise.resolve({ data: undefined, errors: [refusal] });
    const { queryHash, document, operation } = known;
    return executor.execute({ queryHash, document, operation, variables, context });
  }

  /** The same checks as for the first that asked for it. */
  async function stream(
    known: KnownOperation,
    variables: Variables | undefined,
    context: RequestContext,
  ): Promise<Outcome> {
    context.observed?.operation(known.operation);
    const refusal = known.check?.({ variables, context });
    if (refusal !== undefined) throw refusal;
    const { queryHash, document, operation } = known;
    const incoming = { queryHash, document, operation, variables, context };
    return streaming({ subscription: await executor.subscription(incoming), incoming });
  }

  function outcomeOf(executed: Executed, context: RequestContext): Outcome {
    const { data, errors } = executed;
    if (errors !== undefined) belongTo(context, errors);
    if (errors !== undefined && data === undefined) return { status: 'refused', errors: formatAll(errors, format) };
    return { status: 'answered', text: answerText(executed, format) };
  }

  return {
    async http(given, plainContext) {
      const sent = operationIn(given);
      if (sent === undefined) return apollo.http(given, plainContext, undefined);
      const context = contextFor(sent, plainContext);
      const operation = withoutEmptyText(sent);
      const request = operation === sent ? given : httpWithoutText(given);
      const found = knownOperations.find(operation);
      // Apollo Server says that this is not the way to have one.
      const known = found !== undefined && isSubscription(found) ? undefined : found;
      const contentType = known && shortRequests.contentTypeOf(request, known.operation.operation);
      if (known === undefined || contentType === undefined) {
        const refusal = refusalOf(operation);
        if (refusal !== undefined) belongTo(context, [refusal]);
        const answer = await apollo.http(request, context, refusal);
        shortRequests.learn(request, answer);
        return answer;
      }
      try {
        const executed = await execute(known, operation.variables ?? undefined, context);
        return httpAnswer(executed, { contentType, format, context });
      } catch (error) {
        return httpAnswer(brokenOff(error), { contentType, format, context, withoutData: 500 });
      }
    },
    async run(given, plainContext) {
      const request = withoutEmptyText(given);
      const context = contextFor(request, plainContext);
      const known = knownOperations.find(request);
      if (known !== undefined) {
        const variables = request.variables ?? undefined;
        try {
          if (isSubscription(known)) return await stream(known, variables, context);
          return outcomeOf(await execute(known, variables, context), context);
        } catch (error) {
          return outcomeOf(brokenOff(error), context);
        }
      }
      const refusal = refusalOf(request);
      if (refusal !== undefined) return outcomeOf({ data: undefined, errors: [refusal] }, context);
      const slot: StreamSlot = {};
      const result = await apollo.run(request, context, slot);
      if (slot.accepted !== undefined) return streaming(slot.accepted);
      const { data, errors } = result;
      if (errors !== undefined && data === undefined) return { status: 'refused', errors };
      return { status: 'answered', text: JSON.stringify(result) };
    },
    latest: (count) => knownOperations.latest(count),
    async rehearse(query, context) {
      const request = { query };
      if (refusalOf(request) === undefined) await apollo.run(request, context, { rehearsal: true });
    },
    stop: () => apollo.stop(),
  };
}

function asItIs(_request: OperationRequest, context: RequestContext): RequestContext {
  return context;
}

function isSubscription({ operation }: KnownOperation): boolean {
  return operation.operation === OperationTypeNode.SUBSCRIPTION;
}

function streaming({ subscription, incoming }: AcceptedSubscription): Outcome {
  const { variables, queryHash, document, operation } = incoming;
  return { status: 'streams', subscription, variables, queryHash, document, operation };
}

function brokenOff(error: unknown): Executed {
  const asGraphQL =
    error instanceof GraphQLError ? error : new GraphQLError('Unexpected error', { originalError: error as Error });
  return { data: undefined, errors: [asGraphQL] };
}
