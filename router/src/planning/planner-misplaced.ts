/**
 * A field that `@requires` others belongs into a fetch that sends them. Where such a field is required in turn, by a field of
 * another subgraph, the planner asks for it where it found the object first, if that is in its subgraph: before what it
 * requires is there. Such fields get fetches of their own here, after all that doesn't need them.
 */
import { trimSelectionNodes, type FetchNode, type PlanNode, type QueryPlan } from '@apollo/query-planner';
import {
  isInterfaceType,
  Kind,
  OperationTypeNode,
  parse,
  visit,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { inputPaths, operationIn, selectionPaths, textOf, variablesIn, withSelections } from './planner-fetches.ts';
import { sequence, splitBefore } from './planner-order.ts';
import type { PlannerSupergraph } from './planner-supergraph.ts';

type Path = readonly (string | number)[];

/** A field that is asked for too early. */
interface Misplaced {
  readonly node: FieldNode;
  /** The selections that it is one of. */
  readonly among: SelectionSetNode;
  /** It, with the conditions that stand around it in its object. */
  readonly wrapped: SelectionNode;
  readonly path: Path;
  readonly type: string;
  readonly requirement: SelectionSetNode;
}

/** Selections of one object: those of a field, or of an entity. */
interface Level {
  readonly path: Path;
  /** Paths of what is there, by the names of fields. */
  readonly there: ReadonlySet<string>;
}

/** @param schema all of the supergraph */
export function createReplacer(graph: PlannerSupergraph, schema: GraphQLSchema): (plan: QueryPlan) => QueryPlan {
  const { subgraphs, variants } = graph;
  const suspects = suspectsIn(graph);
  if (suspects.size === 0) return (plan) => plan;

  function originalName({ name }: FieldNode): string {
    return variants.get(name.value)?.name ?? name.value;
  }

  function misplacedIn(fetch: FetchNode, document: DocumentNode, mergedAt: Path): Misplaced[] {
    const found: Misplaced[] = [];
    const { requirements } = subgraphs.get(fetch.serviceName)!;

    function lookAtFields(
      selectionSet: SelectionSetNode,
      type: string,
      path: Path,
      inputs: readonly string[] = [],
    ): void {
      const there = new Set([...inputs, ...selectionPaths(selectionSet)]);
      look(selectionSet, type, { path, there }, (node) => node);
    }

    function look(
      among: SelectionSetNode,
      type: string,
      level: Level,
      wrap: (node: SelectionNode) => SelectionNode,
    ): void {
      for (const node of among.selections) {
        if (node.kind === Kind.INLINE_FRAGMENT) {
          look(node.selectionSet, node.typeCondition?.name.value ?? type, level, (inner) =>
            wrap({ ...node, selectionSet: { kind: Kind.SELECTION_SET, selections: [inner] } }),
          );
        }
        if (node.kind !== Kind.FIELD) continue;
        const requirement = requirements.get(`${type}.${originalName(node)}`);
        const lacks = requirement !== undefined && selectionPaths(requirement).some((path) => !level.there.has(path));
        if (lacks) found.push({ node, among, wrapped: wrap(node), path: level.path, type, requirement });
        else if (node.selectionSet !== undefined) lookBelow(node, node.selectionSet, type, level);
      }
    }

    function lookBelow(node: FieldNode, selectionSet: SelectionSetNode, type: string, { path }: Level): void {
      if (node.name.value === '_entities') {
        lookAtFields(selectionSet, '', path, inputPaths(fetch.requires ?? []));
        return;
      }
      const parent = schema.getType(type);
      const field = parent !== undefined && 'getFields' in parent ? parent.getFields()[originalName(node)] : undefined;
      if (field === undefined) return;
      const text = String(field.type);
      const lists = Array.from(text.replaceAll(/[^[]/g, ''), () => '@');
      lookAtFields(selectionSet, text.replaceAll(/[[\]!]/g, ''), [...path, (node.alias ?? node.name).value, ...lists]);
    }

    lookAtFields(operationIn(document).selectionSet, rootNames[fetch.operationKind], mergedAt);
    return found;
  }

  /** A key that the fetch asks for anyway is as good as any. */
  function keyOf(
    { serviceName }: FetchNode,
    { type }: Misplaced,
    document: DocumentNode,
  ): SelectionSetNode | undefined {
    const keys = subgraphs.get(serviceName)?.keys.get(type) ?? [];
    const asked = new Set(selectionPaths(operationIn(document).selectionSet).map((path) => path.split('.').at(-1)));
    return keys.find((key) => selectionPaths(key).every((path) => asked.has(path))) ?? keys[0];
  }

  function fetchOf(
    { serviceName, variableUsages = [] }: FetchNode,
    document: DocumentNode,
    one: Misplaced,
    key: SelectionSetNode,
  ): PlanNode {
    const used = variablesIn([one.wrapped]);
    const variables = (operationIn(document).variableDefinitions ?? []).filter((each) =>
      used.has(each.variable.name.value),
    );
    const text = `query($representations:[_Any!]!){_entities(representations:$representations){...on ${one.type}{__typename}}}`;
    // What is put in is not visited in turn, when it is done on the way back.
    const entity = visit(parse(text, { noLocation: true }), {
      OperationDefinition: {
        leave: (node) => ({ ...node, variableDefinitions: [...(node.variableDefinitions ?? []), ...variables] }),
      },
      InlineFragment: {
        leave: (node) => ({ ...node, selectionSet: { ...node.selectionSet, selections: [one.wrapped] } }),
      },
    });
    const inputs = [typename, ...key.selections, ...one.requirement.selections];
    return {
      kind: 'Flatten',
      path: [...one.path],
      node: {
        kind: 'Fetch',
        serviceName,
        requires: [{ kind: 'InlineFragment', typeCondition: one.type, selections: trimSelectionNodes(inputs) }],
        variableUsages: variableUsages.filter((name) => used.has(name)),
        operation: textOf(entity),
        operationName: undefined,
        operationKind: OperationTypeNode.QUERY,
        // An interface object has the interface's name there, whatever it is elsewhere.
        ...(isInterfaceType(schema.getType(one.type)) && {
          inputRewrites: [{ kind: 'ValueSetter', path: [`... on ${one.type}`, '__typename'], setValueTo: one.type }],
        }),
      },
    };
  }

  return function replaced(plan) {
    const own: { readonly one: Misplaced; readonly node: PlanNode }[] = [];

    function cleared(fetch: FetchNode, path: Path): FetchNode {
      if (suspects.get(fetch.serviceName)?.test(fetch.operation) !== true) return fetch;
      const document = parse(fetch.operation, { noLocation: true });
      const removed = new Set<SelectionNode>();
      const added = new Map<SelectionSetNode, readonly SelectionNode[]>();
      for (const one of misplacedIn(fetch, document, path)) {
        const key = keyOf(fetch, one, document);
        if (key === undefined) continue;
        own.push({ one, node: fetchOf(fetch, document, one, key) });
        removed.add(one.node);
        added.set(one.among, [typename, ...key.selections]);
      }
      return removed.size === 0
        ? fetch
        : withSelections(fetch, document, without(operationIn(document).selectionSet, removed, added));
    }

    function clear(node: PlanNode, path: Path): PlanNode {
      switch (node.kind) {
        case 'Fetch':
          return cleared(node, path);
        case 'Flatten':
          return { ...node, node: clear(node.node, [...path, ...node.path]) };
        case 'Sequence':
        case 'Parallel':
          return { ...node, nodes: node.nodes.map((one) => clear(one, path)) };
        case 'Condition': {
          const { ifClause, elseClause } = node;
          return {
            ...node,
            ...(ifClause && { ifClause: clear(ifClause, path) }),
            ...(elseClause && { elseClause: clear(elseClause, path) }),
          };
        }
        case 'Defer':
          return node;
      }
    }

    const { node } = plan;
    if (node === undefined) return plan;
    if (node.kind !== 'Subscription') {
      const start = clear(node, []);
      return own.length === 0 ? plan : { ...plan, node: inserted(start) };
    }
    const primary = cleared(node.primary, []);
    const rest = node.rest && clear(node.rest, []);
    return own.length === 0 ? plan : { ...plan, node: { ...node, primary, rest: inserted(rest) } };

    function inserted(start: PlanNode | undefined): PlanNode {
      let whole = start;
      for (const { one, node: fetch } of own) {
        const [before, after] = splitBefore(whole, { path: one.path, name: (one.node.alias ?? one.node.name).value });
        whole = sequence([before, fetch, after]);
      }
      return whole!;
    }
  };
}

const rootNames = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;
const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

/** By subgraph: what finds the names of the fields that require others and are required themselves. */
function suspectsIn({ subgraphs, variants }: PlannerSupergraph): Map<string, RegExp> {
  const required = new Set<string>();
  for (const { requirements } of subgraphs.values()) {
    for (const selectionSet of requirements.values()) {
      for (const path of selectionPaths(selectionSet)) required.add(path.split('.').at(-1)!);
    }
  }
  const suspects = new Map<string, RegExp>();
  for (const [subgraph, { requirements }] of subgraphs) {
    const requiring = new Set([...requirements.keys()].map((place) => place.slice(place.indexOf('.') + 1)));
    const names = [...required].filter((name) => requiring.has(variants.get(name)?.name ?? name));
    if (names.length > 0) suspects.set(subgraph, new RegExp(`\\b(?:${names.join('|')})\\b`));
  }
  return suspects;
}

function without(
  selectionSet: SelectionSetNode,
  removed: ReadonlySet<SelectionNode>,
  added: ReadonlyMap<SelectionSetNode, readonly SelectionNode[]>,
): SelectionSetNode {
  return visit(selectionSet, {
    SelectionSet(node) {
      const more = added.get(node);
      if (more === undefined) return undefined;
      const left = node.selections.filter((one) => !removed.has(one));
      const names = new Set(left.map((one) => (one.kind === Kind.FIELD ? one.name.value : undefined)));
      return {
        ...node,
        selections: [...more.filter((one) => one.kind !== Kind.FIELD || !names.has(one.name.value)), ...left],
      };
    },
  });
}
