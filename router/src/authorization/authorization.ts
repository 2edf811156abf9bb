import { badInput } from '@cafe-for-me/lib/errors';
import type { Logger } from '@cafe-for-me/lib/log';
import { getVariableValues, GraphQLError, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import { completeAnswer, deniedPaths, isNullAnyway, type DeniedOperation, type Path } from './authorization-answer.ts';
import {
  filterOperation,
  needsOf,
  partsOf,
  type Filtered,
  type OperationNeeds,
  type OperationParts,
} from './authorization-filter.ts';
import { createUnmet, type GrantPolicies } from './authorization-grants.ts';
import { readAuthorizationRules } from './authorization-rules.ts';
import type { AuthorizationSettings } from './authorization-settings.ts';
import type { Executed, Executor, IncomingOperation, PlannedSubscription } from '../execute.ts';
import { logFields } from '../request-context.ts';
import type { LoadedSupergraph } from '../supergraph.ts';

/** Something was denied. */
const unauthorizedCode = 'UNAUTHORIZED_FIELD_OR_TYPE';
/** Variants of operations, by what their callers lack. */
const variantsKept = 1_000;
const variantCharactersKept = 20_000_000;
/** What an operation asks of its callers. */
type Needs = OperationNeeds & { readonly parts: OperationParts };

interface Variant {
  readonly filtered: Filtered;
  /** What is to be executed; undefined when nothing is left. */
  readonly allowed: IncomingOperation | undefined;
}

/** A line of the log names so many places at most. */
const pathsLogged = 20;

/**
 * Lets callers have what `@authenticated`, `@requiresScopes` and `@policy` of the supergraph allow them, and executes nothing
 * else: what is denied is taken out of an operation before it is planned, and is null in its answer, with an error for each place.
 *
 * An operation is looked through once. One that asks nothing of anybody costs a look into a map from then on, and a supergraph
 * without these directives nothing at all.
 */
export function authorized(
  executor: Executor,
  options: {
    graph: LoadedSupergraph;
    settings: AuthorizationSettings;
    grantPolicies?: GrantPolicies | undefined;
    log: Logger;
  },
): Executor {
  const { graph, settings, grantPolicies, log } = options;
  const rules = readAuthorizationRules(graph.supergraph.schema);
  if (rules === undefined) return executor;
  const { schema } = graph;
  const unmet = createUnmet(rules.clauses, {
    scopesClaim: settings.scopesClaim,
    policiesClaim: settings.policiesClaim,
    grantPolicies,
    failed: (error, context) =>
      log.error({ error, ...logFields(context) }, 'policies could not be asked for; none holds'),
  });

  const prepared = new WeakMap<OperationDefinitionNode, { needs: Needs | undefined }>();
  function needsFor({ document, operation }: IncomingOperation): Needs | undefined {
    let known = prepared.get(operation);
    if (known === undefined) {
      const parts = partsOf(schema, document, operation);
      const needs = needsOf(rules!, parts);
      known = { needs: needs && { ...needs, parts } };
      prepared.set(operation, known);
    }
    return known.needs;
  }

  const variants = new LRUCache<string, Filtered>({ max: variantsKept, maxSize: variantCharactersKept });
  /**
   * What is left of an operation for a caller who lacks something: under a hash of its own, as it is another operation. Ids of
   * persisted operations stand in the place of hashes and may be any text that somebody would write, so it has a NUL in it.
   */
  function variantOf(incoming: IncomingOperation, needs: Needs, lacking: readonly number[]): Variant {
    const queryHash = `${incoming.queryHash}\0${lacking.join('-')}`;
    const key = `${queryHash}:${incoming.operation.name?.value ?? ''}`;
    let filtered = variants.get(key);
    if (filtered === undefined) {
      filtered = filterOperation(needs.parts, needs, lacking);
      variants.set(key, filtered, { size: Math.max(1, incoming.document.loc?.end ?? 1_000) });
    }
    const { document, operation } = filtered;
    return { filtered, allowed: document && operation && { ...incoming, queryHash, document, operation } };
  }

  function tell(paths: readonly Path[], { context, operation }: IncomingOperation): void {
    if (!settings.logDenied || paths.length === 0) return;
    const denied = paths.slice(0, pathsLogged).map((path) => path.join('.'));
    log.info(
      { ...logFields(context), operation: operation.name?.value, denied, count: paths.length },
      'fields were denied',
    );
  }

  async function executeAllowed(incoming: IncomingOperation, needs: Needs, lacking: readonly number[]) {
    const { coerced: variables, errors } = coercedVariables(schema, incoming);
    if (variables === undefined) return { data: undefined, errors };
    const { filtered, allowed } = variantOf(incoming, needs, lacking);
    const operation = { parts: needs.parts, filtered, variables };
    if (settings.rejectUnauthorized || settings.logDenied) {
      const places = deniedPaths(operation);
      tell(places, incoming);
      if (settings.rejectUnauthorized && places.length > 0) return { data: undefined, errors: places.map(refused) };
    }
    if (allowed === undefined || isNullAnyway(operation)) return completed(operation, { data: '{}' });
    return completed(operation, await executor.execute(allowed));
  }

  async function openAllowed(incoming: IncomingOperation, needs: Needs, lacking: readonly number[]) {
    const { coerced: variables, errors } = coercedVariables(schema, incoming);
    if (variables === undefined) throw badInput(errors[0]!.message);
    const { filtered, allowed } = variantOf(incoming, needs, lacking);
    const operation = { parts: needs.parts, filtered, variables };
    const places = deniedPaths(operation);
    tell(places, incoming);
    // Without its root field a subscription has no events.
    if (allowed === undefined || (settings.rejectUnauthorized && places.length > 0)) throw refused(places[0] ?? []);
    const subscription = await executor.subscription(allowed);
    const variant = lacking.join('-');
    return changed(subscription, variant, async (event, use) =>
      completed(operation, await subscription.executeEvent(event, use)),
    );
  }

  /** Policies that are asked for may cease to hold: the subscription has to end then, and to begin again with less. */
  function askedForEach(
    subscription: PlannedSubscription,
    needs: Needs,
    lacking: readonly number[] | undefined,
  ): PlannedSubscription {
    return changed(subscription, lacking?.join('-') ?? '', async function executeAskedEvent(event, use) {
      const now = await unmet(needs.clauses, use.context);
      if (now?.some((id) => lacking?.includes(id) !== true) !== true) return subscription.executeEvent(event, use);
      return { data: undefined, withdrawn: true };
    });
  }

  async function openAsked(incoming: IncomingOperation, needs: Needs) {
    const lacking = await unmet(needs.clauses, incoming.context);
    const subscription =
      lacking === undefined ? executor.subscription(incoming) : openAllowed(incoming, needs, lacking);
    return askedForEach(await subscription, needs, lacking);
  }

  // Nothing of the executor passes by itself: whatever it learns to execute has to be looked at here.
  return {
    execute(incoming) {
      const needs = needsFor(incoming);
      if (needs === undefined) return executor.execute(incoming);
      const lacking = unmet(needs.clauses, incoming.context);
      if (lacking === undefined) return executor.execute(incoming);
      if (!(lacking instanceof Promise)) return executeAllowed(incoming, needs, lacking);
      return lacking.then((ids) =>
        ids === undefined ? executor.execute(incoming) : executeAllowed(incoming, needs, ids),
      );
    },
    // It executes nothing.
    prepare: executor.prepare,
    subscription(incoming) {
      const needs = needsFor(incoming);
      if (needs === undefined) return executor.subscription(incoming);
      if (grantPolicies !== undefined) return openAsked(incoming, needs);
      const lacking = unmet(needs.clauses, incoming.context) as readonly number[] | undefined;
      return lacking === undefined ? executor.subscription(incoming) : openAllowed(incoming, needs, lacking);
    },
  };
}

/** @param lacks differs for callers who lack different things; what made the subscription different before does so still */
function changed(
  { primary, variables, variant: before = '' }: PlannedSubscription,
  lacks: string,
  executeEvent: PlannedSubscription['executeEvent'],
): PlannedSubscription {
  return { primary, variables, variant: `${before}${lacks}`, executeEvent };
}

/** Variables that fit, with their defaults, or why they don't. */
function coercedVariables(schema: GraphQLSchema, { operation, variables }: IncomingOperation) {
  const result = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {}, { maxErrors: 20 });
  return { coerced: result.coerced, errors: result.errors ?? [] };
}

/** The client's answer, made of what was executed of its operation; nothing else of that is passed on. */
function completed(operation: DeniedOperation, executed: Executed): Executed {
  const { data: text, errors: failed = [], extensions } = executed;
  if (text === undefined) return executed;
  const { data, denied } = completeAnswer(operation, JSON.parse(text) as Readonly<Record<string, unknown>> | null);
  const errors = [...failed, ...unauthorized(denied)];
  return { data: JSON.stringify(data), ...(errors.length > 0 && { errors }), ...(extensions && { extensions }) };
}

/** A list may have thousands of items; where in the router their errors are made is of no interest, and costs most of it. */
function unauthorized(paths: readonly Path[]): readonly GraphQLError[] {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    const message = 'You are not authorized for this field, or for its type.';
    return paths.map((path) => new GraphQLError(message, { path, extensions: { code: unauthorizedCode } }));
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The same, when the whole operation is refused for it. */
function refused(path: Path): GraphQLError {
  return new GraphQLError('You are not authorized for this field, or for its type; nothing was executed.', {
    path,
    extensions: { code: unauthorizedCode, http: { status: 403 } },
  });
}
