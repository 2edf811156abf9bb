import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
  isInterfaceType,
  Kind,
  OperationTypeNode,
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLError,
  type GraphQLOutputType,
  type SelectionSetNode,
} from 'graphql';
import { createArgumentCost, variablesOf } from './cost-arguments.ts';
import { lengthOf, type SlicingCheck } from './cost-list-size.ts';
import { createCalculation, type Amount } from './cost-sum.ts';
import { costWeightsOf, type CostWeights } from './cost-weights.ts';
import { exceeded, type LimitsSettings } from './limits.ts';
import type { CheckedOperation, OperationRule } from './request-checks.ts';
import type { LoadedSupergraph } from '../supergraph.ts';
import type { Variables } from '../planning/variables.ts';

/** What a mutation costs beside its fields. */
const mutationCost = 10;

/** A field above says how long some of these fields are. */
interface Sized {
  readonly fields: readonly string[];
  readonly length: Amount;
}

/**
 * Limits what operations cost, after IBM's specification of `@cost` and `@listSize` with the defaults that Apollo has: what
 * may come, at most, before anything is fetched. Once for an operation it becomes a short calculation, and only that is done
 * for each request; a constant one is not even that.
 *
 * @returns no rule when costs are not limited
 */
export function createCostRule(graph: LoadedSupergraph, settings: LimitsSettings['cost']): readonly OperationRule[] {
  const { max, listSize } = settings;
  if (max === null) return [];
  const weights = costWeightsOf(graph);

  function tooMuch(cost: number): GraphQLError | undefined {
    return cost <= max! ? undefined : exceeded('cost', Math.min(cost, Number.MAX_SAFE_INTEGER), max!);
  }

  function prepare(operation: CheckedOperation) {
    const { cost, checks } = costOf(operation, { graph, weights, listSize });
    if (typeof cost === 'number' && checks.length === 0) return tooMuch(cost);
    return function checkCost({ variables = {} }: { variables: Variables | undefined }) {
      for (const check of checks) {
        const refusal = check(variables);
        if (refusal !== undefined) return refusal;
      }
      return tooMuch(typeof cost === 'number' ? cost : cost(variables));
    };
  }
  return [{ prepare }];
}

/** What an operation costs: a number, or one that depends on the variables. */
function costOf(
  { document, operation }: CheckedOperation,
  parts: { graph: LoadedSupergraph; weights: CostWeights; listSize: number },
): { cost: number | ((variables: Variables) => number); checks: readonly SlicingCheck[] } {
  const { weights, listSize } = parts;
  const schema = parts.graph.fullSchema;
  const calculation = createCalculation();
  const read = variablesOf(operation);
  const ofArguments = createArgumentCost(weights, calculation, read);
  const checks: SlicingCheck[] = [];
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  /** By what is said about its fields from above, and name. */
  const known = new Map<Sized | undefined, Map<string, Amount>>();

  function ofFragment(fragment: FragmentDefinitionNode, type: GraphQLCompositeType, sized: Sized | undefined): Amount {
    const { value: name } = fragment.name;
    let costs = known.get(sized);
    if (costs === undefined) known.set(sized, (costs = new Map()));
    let cost = costs.get(name);
    if (cost === undefined) costs.set(name, (cost = ofSelections(fragment.selectionSet, type, sized)));
    return cost;
  }

  function ofField(node: FieldNode, parent: GraphQLCompositeType, sized: Sized | undefined): Amount {
    const fields = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields() : {};
    const field = fields[node.name.value];
    // Introspection and __typename ask no subgraph for anything.
    if (field === undefined) return 0;
    const type = getNamedType(field.type);
    const stated = weights.listSize(field);
    const needs = (check: SlicingCheck) => void checks.push(check);
    const length = stated && lengthOf(stated, field, node, { calculation, read, otherwise: listSize, needs });
    const below =
      stated !== undefined && length !== undefined && stated.sizedFields.length > 0
        ? { fields: stated.sizedFields, length }
        : undefined;
    const inside =
      node.selectionSet !== undefined && isCompositeType(type) ? ofSelections(node.selectionSet, type, below) : 0;
    const one = calculation.sum([weights.ofField(parent, field), inside]);
    const own = below === undefined ? length : undefined;
    const times = isList(field.type) ? (lengthFromAbove(sized, field.name) ?? own ?? listSize) : 1;
    return calculation.sum([calculation.times(times, one), ofArguments(field, node)]);
  }

  function ofSelections(
    { selections }: SelectionSetNode,
    type: GraphQLCompositeType,
    sized: Sized | undefined,
  ): Amount {
    const always: Amount[] = [];
    /** What is asked of some of the possible types only, by the type of the fragment. */
    const branches = new Map<GraphQLCompositeType, Amount[]>();

    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        always.push(ifIncluded(selection.directives, ofField(selection, type, sized)));
        continue;
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (fragment === undefined) continue;
      const name = fragment.typeCondition?.name.value;
      const on = name === undefined ? type : schema.getType(name);
      if (!isCompositeType(on)) continue;
      const inside =
        fragment.kind === Kind.INLINE_FRAGMENT
          ? ofSelections(fragment.selectionSet, on, sized)
          : ofFragment(fragment, on, sized);
      const cost = ifIncluded(selection.directives, inside);
      if (on === type) always.push(cost);
      else branches.set(on, [...(branches.get(on) ?? []), cost]);
    }
    return calculation.sum([...always, dearest(type, branches)]);
  }

  /** An object is of one type: of fragments on different types only those count that fit the same one. */
  function dearest(type: GraphQLCompositeType, branches: ReadonlyMap<GraphQLCompositeType, readonly Amount[]>): Amount {
    if (branches.size === 0) return 0;
    const sums = [...branches].map(([on, costs]) => [on, calculation.sum(costs)] as const);
    const possible = isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
    const byFitting = new Map<string, Amount>();
    for (const one of possible) {
      const fitting = sums.filter(([on]) => on === one || (isAbstractType(on) && schema.isSubType(on, one)));
      const key = fitting.map(([on]) => on.name).join();
      if (!byFitting.has(key)) byFitting.set(key, calculation.sum(fitting.map(([, cost]) => cost)));
    }
    return byFitting.size === 0 ? 0 : calculation.max([...byFitting.values()]);
  }

  function ifIncluded(directives: readonly DirectiveNode[] | undefined, cost: Amount): Amount {
    let result = cost;
    for (const { name, arguments: given } of directives ?? []) {
      const wanted = name.value === 'include' ? true : name.value === 'skip' ? false : undefined;
      const value = given?.find((argument) => argument.name.value === 'if')?.value;
      if (wanted === undefined || value === undefined) continue;
      if (value.kind === Kind.BOOLEAN) result = value.value === wanted ? result : 0;
      else if (value.kind === Kind.VARIABLE) {
        const variable = value.name.value;
        result = calculation.when((variables) => read(variables, variable) === wanted, result);
      }
    }
    return result;
  }

  const root = schema.getRootType(operation.operation);
  const fields = root ? ofSelections(operation.selectionSet, root, undefined) : 0;
  const base = operation.operation === OperationTypeNode.MUTATION ? mutationCost : 0;
  return { cost: calculation.prepared(calculation.sum([base, fields])), checks };
}

function lengthFromAbove(sized: Sized | undefined, field: string): Amount | undefined {
  return sized?.fields.includes(field) ? sized.length : undefined;
}

function isList(type: GraphQLOutputType): boolean {
  return isNonNullType(type) ? isList(type.ofType) : isListType(type);
}
