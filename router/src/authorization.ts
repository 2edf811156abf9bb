import { badInput } from '@cafe-for-me/lib/errors';
import type { Logger } from '@cafe-for-me/lib/log';
import { getVariableValues, GraphQLError, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import { completeAnswer, deniedPaths, isNullAnyway, type DeniedOperation, type Path } from './authorization-answer.ts';
import { filterOperation, needsOf, partsOf, type Filtered } from './authorization-filter.ts';
import { createUnmet, type GrantPolicies } from './authorization-grants.ts';
import { readAuthorizationRules } from './authorization-rules.ts';
import type { AuthorizationSettings } from './authorization-settings.ts';
import type { Executed, Executor, IncomingOperation, PlannedSubscription } from './execute.ts';
import { logFields } from './request-context.ts';
import type { LoadedSupergraph } from './supergraph.ts';

/** Something was denied. */
const unauthorizedCode = 'UNAUTHORIZED_FIELD_OR_TYPE';
/** Variants of operations, by what their callers lack. */
const variantsKept = 1_000;
const variantCharactersKept = 20_000_000;
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

  function prepare({ document, operation }: IncomingOperation) {
    const parts = partsOf(schema, document, operation);
    const needs = needsOf(rules!, parts);
    return needs && { parts, needs };
  }
  type Prepared = ReturnType<typeof prepare>;
  const prepared = new WeakMap<OperationDefinitionNode, { value: Prepared }>();

  function preparedFor(incoming: IncomingOperation): Prepared {
    let known = prepared.get(incoming.operation);
    if (known === undefined) prepared.set(incoming.operation, (known = { value: prepare(incoming) }));
    return known.value;
  }

  const variants = new LRUCache<string, Filtered>({ max: variantsKept, maxSize: variantCharactersKept });

  /** What is left for a caller who lacks `lacking`: a variant of the operation, under a hash of its own. */
  function variantOf(incoming: IncomingOperation, { parts, needs }: NonNullable<Prepared>, lacking: readonly number[]) {
    const queryHash = `${incoming.queryHash}-${lacking.join('-')}`;
    const key = `${queryHash}:${incoming.operation.name?.value ?? ''}`;
    let filtered = variants.get(key);
    if (filtered === undefined) {
      filtered = filterOperation(parts, needs, lacking);
      variants.set(key, filtered, { size: Math.max(1, incoming.document.loc?.end ?? 1_000) });
    }
    return { parts, filtered, queryHash };
  }
  type Variant = ReturnType<typeof variantOf>;

  /** @returns undefined when the caller may have all of the operation */
  function deniedVariant(incoming: IncomingOperation): Variant | undefined | Promise<Variant | undefined> {
    const known = preparedFor(incoming);
    if (known === undefined) return undefined;
    const lacking = unmet(known.needs.clauses, incoming.context);
    if (lacking instanceof Promise) return lacking.then((ids) => ids && variantOf(incoming, known, ids));
    return lacking && variantOf(incoming, known, lacking);
  }

  /** Of an operation of which something is left. */
  function left({ filtered, queryHash }: Variant, incoming: IncomingOperation): IncomingOperation | undefined {
    const { document, operation } = filtered;
    return document && operation && { ...incoming, queryHash, document, operation };
  }

  function tell(paths: readonly Path[], { context, operation }: IncomingOperation): void {
    if (!settings.logDenied || paths.length === 0) return;
    const denied = paths.slice(0, pathsLogged).map((path) => path.join('.'));
    const fields = { ...logFields(context), operation: operation.name?.value, denied, count: paths.length };
    log.info(fields, 'fields were denied');
  }

  async function executeAllowed(variant: Variant, incoming: IncomingOperation): Promise<Executed> {
    const { coerced: variables, errors } = coercedVariables(schema, incoming);
    if (variables === undefined) return { data: undefined, errors };
    const operation = { ...variant, variables };
    const places = deniedPaths(operation);
    tell(places, incoming);
    if (settings.rejectUnauthorized && places.length > 0) return { data: undefined, errors: places.map(refused) };
    const allowed = isNullAnyway(operation) ? undefined : left(variant, incoming);
    return completed(operation, allowed === undefined ? { data: '{}' } : await executor.execute(allowed));
  }

  async function openAllowed(variant: Variant, incoming: IncomingOperation): Promise<PlannedSubscription> {
    const { coerced: variables, errors } = coercedVariables(schema, incoming);
    if (variables === undefined) throw badInput(errors[0]!.message);
    const operation = { ...variant, variables };
    const places = deniedPaths(operation);
    tell(places, incoming);
    const allowed = settings.rejectUnauthorized && places.length > 0 ? undefined : left(variant, incoming);
    // Without its root field a subscription has no events.
    if (allowed === undefined) throw refused(places[0] ?? []);
    const subscription = await executor.subscription(allowed);
    return {
      ...subscription,
      executeEvent: async (event) => completed(operation, await subscription.executeEvent(event)),
    };
  }

  return {
    ...executor,
    execute(incoming) {
      const variant = deniedVariant(incoming);
      if (variant === undefined) return executor.execute(incoming);
      if (!(variant instanceof Promise)) return executeAllowed(variant, incoming);
      return variant.then((one) => (one === undefined ? executor.execute(incoming) : executeAllowed(one, incoming)));
    },
    subscription(incoming) {
      const variant = deniedVariant(incoming);
      if (variant === undefined) return executor.subscription(incoming);
      if (!(variant instanceof Promise)) return openAllowed(variant, incoming);
      return variant.then((one) => (one === undefined ? executor.subscription(incoming) : openAllowed(one, incoming)));
    },
  };
}

/** Variables that fit, with their defaults, or why they don't. */
function coercedVariables(schema: GraphQLSchema, { operation, variables }: IncomingOperation) {
  const result = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {}, { maxErrors: 20 });
  return { coerced: result.coerced, errors: result.errors ?? [] };
}

/** The client's answer, made of what was executed of its operation. */
function completed(operation: DeniedOperation, executed: Executed): Executed {
  if (executed.data === undefined) return executed;
  const { data, denied } = completeAnswer(
    operation,
    JSON.parse(executed.data) as Readonly<Record<string, unknown>> | null,
  );
  return { ...executed, data: JSON.stringify(data), errors: [...(executed.errors ?? []), ...denied.map(unauthorized)] };
}

function unauthorized(path: Path): GraphQLError {
  return new GraphQLError('You are not authorized for this field, or for its type.', {
    path,
    extensions: { code: unauthorizedCode },
  });
}

/** The same, when the whole operation is refused for it. */
function refused(path: Path): GraphQLError {
  return new GraphQLError('You are not authorized for this field, or for its type; nothing was executed.', {
    path,
    extensions: { code: unauthorizedCode, http: { status: 403 } },
  });
}
