/**
 * Plans ask a subgraph for all it knows of an entity in one fetch, with one representation that holds whatever any of the
 * fields `@requires`. That is wrong when two fields require one field with different arguments (a representation has room
 * for one), and when a field is included by a condition that others don't depend on: what it requires isn't there when the
 * condition says no, and a representation that lacks something isn't sent. Such fetches are split here; and the fields that
 * stand for others with arguments (planner-variants.ts) are translated back.
 */
import type { FetchNode, PlanNode, QueryPlan, QueryPlanSelectionNode } from '@apollo/query-planner';
import { Kind, parse, type DocumentNode, type FieldNode, type SelectionSetNode } from 'graphql';
import {
  condition,
  conditionsOf,
  entitiesIn,
  fetchOf,
  inputPaths,
  mapFetches,
  parallel,
  translated,
  withoutPaths,
  type Condition,
} from './planner-fetches.ts';
import { placeOf, type PlannerSupergraph } from './planner-supergraph.ts';

/** A field that an entity fetch asks for. */
interface Asked {
  readonly node: FieldNode;
  readonly type: string;
  /** Those that are not decided yet. */
  readonly conditions: readonly Condition[];
  /** What the subgraph needs for it: paths in the representation as plans have them → as the subgraph has them. */
  readonly needs: ReadonlyMap<string, string>;
}

/** Conditions that are told apart within one fetch; each doubles the number of its forms. */
const MAX_BRANCHES = 3;

/** Makes the plans of `graph.supergraph` plans of the supergraph that clients and subgraphs know. */
export function createPlanMender(graph: PlannerSupergraph): (plan: QueryPlan) => QueryPlan {
  const { variants, requirements } = graph;
  const needy = new Set([...requirements.keys()].map((place) => place.slice(0, place.indexOf(' '))));
  if (needy.size === 0 && variants.size === 0) return (plan) => plan;

  function mendRoot(node: NonNullable<QueryPlan['node']>): NonNullable<QueryPlan['node']> {
    if (node.kind !== 'Subscription') return mend(node);
    const { primary, rest } = node;
    return { ...node, primary: translated(primary, variants), ...(rest && { rest: mend(rest) }) };
  }

  function mend(node: PlanNode): PlanNode {
    switch (node.kind) {
      case 'Fetch':
        return translated(node, variants);
      case 'Flatten': {
        const { node: inner, path } = node;
        if (inner.kind !== 'Fetch') return { ...node, node: mend(inner) };
        return mapFetches(split(inner), (fetch) => ({ kind: 'Flatten', path, node: translated(fetch, variants) }));
      }
      case 'Sequence':
      case 'Parallel':
        return {
          kind: node.kind,
          nodes: node.nodes.map(mend).flatMap((one) => (one.kind === node.kind ? one.nodes : one)),
        };
      case 'Condition':
        return condition(
          node.condition,
          node.ifClause && mend(node.ifClause),
          node.elseClause && mend(node.elseClause),
        );
      case 'Defer':
        return node;
    }
  }

  function split(fetch: FetchNode): PlanNode {
    if (fetch.requires === undefined || !needy.has(fetch.serviceName)) return fetch;
    const document = parse(fetch.operation, { noLocation: true });
    const all = askedIn(document, fetch.serviceName);
    const groups: Asked[][] = [];
    for (const one of all) {
      const group = groups.find((others) => others.every((other) => fit(one, other)));
      if (group === undefined) groups.push([one]);
      else group.push(one);
    }
    return parallel(groups.map((group) => byConditions(fetch, document, all, group, 0)));
  }

  /** Whether one representation can hold what both need. */
  function fit(one: Asked, other: Asked): boolean {
    if (!graph.areRelated(one.type, other.type)) return true;
    const sources = new Map([...one.needs].map(([source, target]) => [target, source]));
    return [...other.needs].every(([source, target]) => (sources.get(target) ?? source) === source);
  }

  function byConditions(
    fetch: FetchNode,
    document: DocumentNode,
    all: readonly Asked[],
    kept: readonly Asked[],
    branches: number,
  ): PlanNode {
    const odd = kept.find((one) => one.conditions.length > 0 && kept.some((other) => isHeldUp(other, one, kept)));
    if (odd === undefined) return restricted(fetch, document, all, kept);
    if (branches === MAX_BRANCHES) {
      const alike = kept.filter((one) => sameConditions(one, odd));
      const others = kept.filter((one) => !sameConditions(one, odd));
      const decided = alike.map((one) => ({ ...one, conditions: [] }));
      return parallel([
        byConditions(fetch, document, all, others, branches),
        odd.conditions.reduce(
          (node: PlanNode, { variable, value }) =>
            value ? condition(variable, node) : condition(variable, undefined, node),
          restricted(fetch, document, all, decided),
        ),
      ]);
    }
    const { variable } = odd.conditions[0]!;
    const [yes, no] = [true, false].map(function branch(value) {
      const left = kept
        .filter((one) => !one.conditions.some((each) => each.variable === variable && each.value !== value))
        .map((one) => ({ ...one, conditions: one.conditions.filter((each) => each.variable !== variable) }));
      return left.length === 0 ? undefined : byConditions(fetch, document, all, left, branches + 1);
    });
    return condition(variable, yes, no);
  }

  /** Whether `other` may be asked for when something isn't there that `one` needs and the others don't. */
  function isHeldUp(other: Asked, one: Asked, kept: readonly Asked[]): boolean {
    if (impliedBy(other, one) || !graph.areRelated(other.type, one.type)) return false;
    const there = new Set(kept.filter((each) => impliedBy(other, each)).flatMap(({ needs }) => [...needs.keys()]));
    return [...one.needs.keys()].some((path) => !there.has(path));
  }

  function askedIn(document: DocumentNode, subgraph: string): Asked[] {
    const found: Asked[] = [];
    function look({ selections }: SelectionSetNode, type: string, outer: readonly Condition[]): void {
      for (const node of selections) {
        const conditions = [...outer, ...conditionsOf(node.directives)];
        if (node.kind === Kind.INLINE_FRAGMENT)
          look(node.selectionSet, node.typeCondition?.name.value ?? type, conditions);
        if (node.kind !== Kind.FIELD) continue;
        const requirement = requirements.get(placeOf(subgraph, type, node.name.value));
        const needs = new Map<string, string>();
        if (requirement !== undefined) addPaths(requirement, '', '', needs);
        found.push({ node, type, conditions, needs });
      }
    }
    look(entitiesIn(document), '', []);
    return found;
  }

  function addPaths(
    { selections }: SelectionSetNode,
    source: string,
    target: string,
    paths: Map<string, string>,
  ): void {
    for (const node of selections) {
      if (node.kind === Kind.INLINE_FRAGMENT) addPaths(node.selectionSet, source, target, paths);
      if (node.kind !== Kind.FIELD) continue;
      const name = node.name.value;
      const from = `${source}${name}`;
      const to = `${target}${variants.get(name)?.name ?? name}`;
      paths.set(from, to);
      if (node.selectionSet !== undefined) addPaths(node.selectionSet, `${from}.`, `${to}.`, paths);
    }
  }

  /** The same fetch for some of its fields, with representations that hold no more than these need. */
  function restricted(
    fetch: FetchNode,
    document: DocumentNode,
    all: readonly Asked[],
    kept: readonly Asked[],
  ): FetchNode {
    const nodes = new Set(kept.map(({ node }) => node));
    if (nodes.size === all.length) return fetch;
    const requires = (fetch.requires ?? []).flatMap(function forKept(input): QueryPlanSelectionNode[] {
      if (input.kind !== Kind.INLINE_FRAGMENT || input.typeCondition === undefined) return [input];
      const type = input.typeCondition;
      const here = kept.filter((one) => graph.areRelated(one.type, type));
      if (here.length === 0) return [];
      const needed = new Set(here.flatMap(({ needs }) => [...needs.keys()]));
      const dropped = new Set(
        all
          .filter(({ node, type: own }) => !nodes.has(node) && graph.areRelated(own, type))
          .flatMap(({ needs }) => [...needs.keys()]),
      );
      for (const path of needed) dropped.delete(path);
      for (const path of pathsOfKey(fetch.serviceName, type, input.selections, dropped)) dropped.delete(path);
      return [{ ...input, selections: withoutPaths(input.selections, dropped) }];
    });
    return { ...fetchOf(fetch, document, nodes), requires };
  }

  /** What must stay so that a key stays whole: nothing, when one has nothing in common with what goes. */
  function pathsOfKey(
    subgraph: string,
    type: string,
    selections: readonly QueryPlanSelectionNode[],
    dropped: ReadonlySet<string>,
  ): string[] {
    const there = new Set(inputPaths(selections));
    const keys = [...graph.keys]
      .filter(
        ([place]) => place.startsWith(`${subgraph} `) && graph.areRelated(place.slice(subgraph.length + 1, -1), type),
      )
      .flatMap(([, ofType]) => ofType)
      .map(function pathsIn(key) {
        const paths = new Map<string, string>();
        addPaths(key, '', '', paths);
        return [...paths.keys()];
      })
      .filter((paths) => paths.every((path) => there.has(path)));
    return keys.some((paths) => paths.every((path) => !dropped.has(path))) ? [] : keys.flat();
  }

  return (plan) => (plan.node === undefined ? plan : { ...plan, node: mendRoot(plan.node) });
}

/** Whether `one` is asked for whenever `other` is. */
function impliedBy(other: Asked, one: Asked): boolean {
  return one.conditions.every(({ variable, value }) =>
    other.conditions.some((its) => its.variable === variable && its.value === value),
  );
}

function sameConditions(one: Asked, other: Asked): boolean {
  return impliedBy(one, other) && impliedBy(other, one);
}
