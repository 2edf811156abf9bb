/** Parts of plans, taken apart and put together. */
import type { FetchDataRewrite, FetchNode, PlanNode, QueryPlan, QueryPlanSelectionNode } from '@apollo/query-planner';
import {
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
  visit,
  type ASTNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { ArgumentVariant } from './planner-variants.ts';

/** A variable that must have this value. */
export interface Condition {
  readonly variable: string;
  readonly value: boolean;
}

/** Those of `@include` and `@skip` that depend on variables. */
export function conditionsOf(directives: readonly DirectiveNode[] = []): Condition[] {
  return directives.flatMap(function conditionOf({ name, arguments: [argument] = [] }) {
    if (argument?.value.kind !== Kind.VARIABLE || (name.value !== 'include' && name.value !== 'skip')) return [];
    return [{ variable: argument.value.name.value, value: name.value === 'include' }];
  });
}

export function parallel(nodes: readonly PlanNode[]): PlanNode {
  return nodes.length === 1
    ? nodes[0]!
    : { kind: 'Parallel', nodes: nodes.flatMap((one) => (one.kind === 'Parallel' ? one.nodes : one)) };
}

export function condition(variable: string, ifClause: PlanNode | undefined, elseClause?: PlanNode): PlanNode {
  return { kind: 'Condition', condition: variable, ...(ifClause && { ifClause }), ...(elseClause && { elseClause }) };
}

/** @param node of fetches, what runs in parallel, and conditions */
export function mapFetches(node: PlanNode, change: (fetch: FetchNode) => PlanNode): PlanNode {
  switch (node.kind) {
    case 'Fetch':
      return change(node);
    case 'Parallel':
      return { ...node, nodes: node.nodes.map((one) => mapFetches(one, change)) };
    case 'Condition': {
      const { ifClause, elseClause } = node;
      return condition(
        node.condition,
        ifClause && mapFetches(ifClause, change),
        elseClause && mapFetches(elseClause, change),
      );
    }
    case 'Sequence':
    case 'Flatten':
    case 'Defer':
      throw new Error(`A ${node.kind} is no part of a fetch.`);
  }
}

/** Names of the fields that a plan fetches under conditions, but for those of the nodes `around`. */
export function conditionalNames(plan: NonNullable<QueryPlan['node']>, around: readonly PlanNode[]): Set<string> {
  const names = new Set<string>();
  function look({ selections }: SelectionSetNode, isConditional: boolean): void {
    for (const one of selections) {
      const inside = isConditional || conditionsOf(one.directives).length > 0;
      if (inside && one.kind === Kind.FIELD) names.add(one.name.value);
      if (one.kind !== Kind.FRAGMENT_SPREAD && one.selectionSet !== undefined) look(one.selectionSet, inside);
    }
  }
  function lookAt(node: QueryPlan['node'], isConditional: boolean): void {
    if (node === undefined) return;
    if (node.kind === 'Fetch') {
      if (!isConditional && !/@(?:include|skip)\b/.test(node.operation)) return;
      look(operationIn(parse(node.operation, { noLocation: true })).selectionSet, isConditional);
    } else {
      const isCondition = node.kind === 'Condition' && !around.includes(node);
      for (const child of childrenOf(node)) lookAt(child, isConditional || isCondition);
    }
  }
  lookAt(plan, false);
  return names;
}

/** What is selected of the entities, in the text of an entity fetch. */
export function entitiesIn(document: DocumentNode): SelectionSetNode {
  const entities = operationIn(document).selectionSet.selections.find(isEntities);
  if (entities?.selectionSet === undefined) throw new Error('A fetch with representations asks for no entities.');
  return entities.selectionSet;
}

/** The same fetch, of `document`, that asks for no more of entities than the fields `kept`. */
export function fetchOf(fetch: FetchNode, document: DocumentNode, kept: ReadonlySet<FieldNode>): FetchNode {
  function keep(selectionSet: SelectionSetNode): SelectionSetNode {
    const selections = selectionSet.selections.flatMap(function keepSelection(node): SelectionNode[] {
      if (node.kind !== Kind.INLINE_FRAGMENT) return node.kind === Kind.FIELD && !kept.has(node) ? [] : [node];
      const inner = keep(node.selectionSet);
      return inner.selections.length === 0 ? [] : [{ ...node, selectionSet: inner }];
    });
    return { ...selectionSet, selections };
  }

  function keepEntities(node: SelectionNode): SelectionNode {
    return isEntities(node) && node.selectionSet !== undefined
      ? { ...node, selectionSet: keep(node.selectionSet) }
      : node;
  }

  const selections = operationIn(document).selectionSet.selections.map(keepEntities);
  return withSelections(fetch, document, { kind: Kind.SELECTION_SET, selections });
}

/** The same fetch, of `document`, with other selections, and no variables that are of no use to them. */
export function withSelections(fetch: FetchNode, document: DocumentNode, selectionSet: SelectionSetNode): FetchNode {
  const original = operationIn(document);
  const used = variablesIn([selectionSet, ...(original.directives ?? [])]);
  const variableDefinitions = (original.variableDefinitions ?? []).filter(({ variable }) =>
    used.has(variable.name.value),
  );
  const operation: OperationDefinitionNode = { ...original, selectionSet, variableDefinitions };
  return {
    ...fetch,
    operation: textOf({
      ...document,
      definitions: document.definitions.map((one) => (one === original ? operation : one)),
    }),
    variableUsages: (fetch.variableUsages ?? []).filter((name) => used.has(name)),
  };
}

export function variablesIn(nodes: readonly ASTNode[]): Set<string> {
  const names = new Set<string>();
  for (const node of nodes) visit(node, { Variable: ({ name }) => void names.add(name.value) });
  return names;
}

/**
 * The same fetch as the subgraph understands it: with the fields that it knows in place of those that only the planner knows, and
 * without conditions on the types of the operations' roots, which it may call otherwise than the supergraph.
 */
export function translated(fetch: FetchNode, variants: ReadonlyMap<string, ArgumentVariant>): FetchNode {
  if (!fetch.operation.includes('__args_') && !/\.\.\.on (?:Query|Mutation|Subscription)\b/.test(fetch.operation)) {
    return variants.size === 0 ? fetch : withRenames(fetch, variants);
  }
  const document = visit(parse(fetch.operation, { noLocation: true }), {
    Field(node) {
      const variant = variants.get(node.name.value);
      if (variant === undefined) return undefined;
      return {
        ...node,
        alias: node.alias ?? node.name,
        name: { kind: Kind.NAME, value: variant.name },
        arguments: [...(node.arguments ?? []), ...variant.arguments],
      };
    },
    InlineFragment({ typeCondition, ...node }) {
      return typeCondition !== undefined && rootTypes.has(typeCondition.name.value) ? node : undefined;
    },
  });
  return withRenames({ ...fetch, operation: textOf(document) }, variants);
}

const rootTypes = new Set(['Query', 'Mutation', 'Subscription']);

/** Gives what the planner calls otherwise its own name again, before it is sent. */
function withRenames(fetch: FetchNode, variants: ReadonlyMap<string, ArgumentVariant>): FetchNode {
  const renames: FetchDataRewrite[] = [];

  function addRenames(selections: readonly QueryPlanSelectionNode[], path: readonly string[]): void {
    for (const node of selections) {
      if (node.kind === 'InlineFragment') {
        addRenames(
          node.selections,
          node.typeCondition === undefined ? path : [...path, `... on ${node.typeCondition}`],
        );
        continue;
      }
      const here = [...path, node.name];
      // What is inside is renamed first: its path has the outer name as it is before.
      if (node.selections !== undefined) addRenames(node.selections, here);
      const variant = variants.get(node.name);
      if (variant !== undefined) renames.push({ kind: 'KeyRenamer', path: here, renameKeyTo: variant.name });
    }
  }

  addRenames(fetch.requires ?? [], []);
  const known = new Set<string>();
  const inputRewrites = [...(fetch.inputRewrites ?? []), ...renames.filter(isNew)];
  return inputRewrites.length === 0 ? fetch : { ...fetch, inputRewrites };

  /** A representation's fields may be listed twice, for different reasons. */
  function isNew(rename: FetchDataRewrite): boolean {
    const text = rename.path.join('.');
    return !known.has(text) && known.add(text) !== undefined;
  }
}

/** Paths of all fields, as `outer.inner`, whatever the types. */
export function inputPaths(selections: readonly QueryPlanSelectionNode[], prefix = ''): string[] {
  return selections.flatMap(function pathsOf(node): string[] {
    if (node.kind === 'InlineFragment') return inputPaths(node.selections, prefix);
    const path = prefix + node.name;
    return [path, ...inputPaths(node.selections ?? [], `${path}.`)];
  });
}

/** The same for selections as a subgraph's text has them. */
export function selectionPaths({ selections }: SelectionSetNode, prefix = ''): string[] {
  return selections.flatMap(function pathsOf(node): string[] {
    if (node.kind === Kind.FRAGMENT_SPREAD) return [];
    if (node.kind === Kind.INLINE_FRAGMENT) return selectionPaths(node.selectionSet, prefix);
    const path = prefix + (node.alias ?? node.name).value;
    return node.selectionSet === undefined ? [path] : [path, ...selectionPaths(node.selectionSet, `${path}.`)];
  });
}

/** The selections without the fields at these paths. */
export function withoutPaths(
  selections: readonly QueryPlanSelectionNode[],
  dropped: ReadonlySet<string>,
  prefix = '',
): QueryPlanSelectionNode[] {
  return selections.flatMap(function left(node): QueryPlanSelectionNode[] {
    if (node.kind === 'InlineFragment') {
      const inner = withoutPaths(node.selections, dropped, prefix);
      return inner.length === 0 ? [] : [{ ...node, selections: inner }];
    }
    const path = prefix + node.name;
    if (dropped.has(path)) return [];
    return [
      node.selections === undefined
        ? node
        : { ...node, selections: withoutPaths(node.selections, dropped, `${path}.`) },
    ];
  });
}

function isEntities(node: SelectionNode): node is FieldNode {
  return node.kind === Kind.FIELD && node.name.value === '_entities';
}

export function operationIn(document: DocumentNode): OperationDefinitionNode {
  const operation = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  if (operation === undefined) throw new Error('A fetch without an operation.');
  return operation;
}

export function textOf(document: DocumentNode): string {
  return stripIgnoredCharacters(print(document));
}

/** The texts of all fetches of a plan. */
export function operationsIn(node: QueryPlan['node']): string[] {
  if (node === undefined) return [];
  return node.kind === 'Fetch' ? [node.operation] : childrenOf(node).flatMap(operationsIn);
}

function childrenOf(node: Exclude<QueryPlan['node'], undefined>): readonly (PlanNode | undefined)[] {
  switch (node.kind) {
    case 'Flatten':
      return [node.node];
    case 'Sequence':
    case 'Parallel':
      return node.nodes;
    case 'Condition':
      return [node.ifClause, node.elseClause];
    case 'Subscription':
      return [node.primary, node.rest];
    case 'Fetch':
    case 'Defer':
      return [];
  }
}
