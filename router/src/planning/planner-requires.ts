/**
 * Plans ask a subgraph for all it knows of an entity in one fetch, with one representation that holds whatever any of the
 * fields `@requires`. That is wrong when two fields require one field with different arguments (a representation has room
 * for one), and when a field is included by a condition that others don't depend on: what it requires isn't there when the
 * condition says no, and a representation that lacks something isn't sent. Such fetches are split here; and the fields that
 * stand for others with arguments (planner-variants.ts) are translated back.
 */
import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner';
import { parse, type DocumentNode } from 'graphql';
import { condition, conditionalNames, fetchOf, mapFetches, parallel, translated } from './planner-fetches.ts';
import { createNeeds, haveSameConditions, type Asked } from './planner-needs.ts';
import type { PlannerSupergraph } from './planner-supergraph.ts';

/** Conditions that are told apart within one fetch; each doubles the number of its forms. */
const MAX_BRANCHES = 3;

/** A fetch while it is taken apart. */
interface Whole {
  readonly fetch: FetchNode;
  readonly document: DocumentNode;
  readonly all: readonly Asked[];
}

/** Where in a plan a fetch is. */
interface Around {
  readonly plan: NonNullable<QueryPlan['node']>;
  readonly conditions: readonly PlanNode[];
}

/** Makes the plans of `graph.supergraph` plans of the supergraph that clients and subgraphs know. */
export function createPlanMender(graph: PlannerSupergraph): (plan: QueryPlan) => QueryPlan {
  const { variants } = graph;
  const needs = createNeeds(graph);

  function mendRoot(node: NonNullable<QueryPlan['node']>): NonNullable<QueryPlan['node']> {
    const mend = (one: PlanNode): PlanNode => mended(one, { plan: node, conditions: [] });
    if (node.kind !== 'Subscription') return mend(node);
    const { primary, rest } = node;
    return { ...node, primary: translated(primary, variants), ...(rest && { rest: mend(rest) }) };
  }

  function mended(node: PlanNode, around: Around): PlanNode {
    const mend = (one: PlanNode): PlanNode => mended(one, around);
    switch (node.kind) {
      case 'Fetch':
        return translated(node, variants);
      case 'Flatten': {
        const { node: inner, path } = node;
        if (inner.kind !== 'Fetch') return { ...node, node: mend(inner) };
        return mapFetches(split(inner, around), (fetch) => ({
          kind: 'Flatten',
          path,
          node: translated(fetch, variants),
        }));
      }
      case 'Sequence':
        return { ...node, nodes: node.nodes.map(mend) };
      case 'Parallel':
        return parallel(node.nodes.map(mend));
      case 'Condition': {
        const { ifClause, elseClause } = node;
        const inside = { ...around, conditions: [...around.conditions, node] };
        return condition(
          node.condition,
          ifClause && mended(ifClause, inside),
          elseClause && mended(elseClause, inside),
        );
      }
      case 'Defer':
        return node;
    }
  }

  function split(fetch: FetchNode, around: Around): PlanNode {
    if (fetch.requires === undefined || !needs.has(fetch.serviceName)) return fetch;
    const document = parse(fetch.operation, { noLocation: true });
    const all = needs.askedIn(document, fetch.serviceName);
    const groups: Asked[][] = [];
    for (const one of all) {
      const group = groups.find((others) => others.every((other) => needs.fit(one, other)));
      if (group === undefined) groups.push([one]);
      else group.push(one);
    }
    const whole = { fetch, document, all };
    const conditional = conditionalNames(around.plan, around.conditions);
    const parts: PlanNode[] = [];
    for (const group of groups) {
      const { sure, unsure } = bySureness(group, conditional);
      if (sure.length > 0) parts.push(byConditions(whole, sure, 0));
      for (const kept of unsure) parts.push(restricted(whole, kept));
    }
    return parallel(parts);
  }

  /** Of some the planner may have forgotten a condition: what they need is fetched under one somewhere. They come by themselves. */
  function bySureness(group: readonly Asked[], conditional: ReadonlySet<string>) {
    const sure: Asked[] = [];
    const unsure = new Map<string, Asked[]>();
    for (const one of group) {
      const paths = [...one.needs.keys()];
      const isUnsure = one.conditions.length === 0 && paths.some((path) => conditional.has(lastOf(path)));
      const key = paths.toSorted().join();
      if (isUnsure) unsure.set(key, [...(unsure.get(key) ?? []), one]);
      else sure.push(one);
    }
    return { sure, unsure: [...unsure.values()] };
  }

  /** @param branches how many conditions were told apart before */
  function byConditions(whole: Whole, kept: readonly Asked[], branches: number): PlanNode {
    const odd = kept.find((one) => needs.holdsUp(one, kept));
    if (odd === undefined) return restricted(whole, kept);
    if (branches === MAX_BRANCHES) return apart(whole, kept, odd);
    const { variable } = odd.conditions[0]!;
    const [yes, no] = [true, false].map(function branch(value) {
      const left = supposing(kept, variable, value);
      return left.length === 0 ? undefined : byConditions(whole, left, branches + 1);
    });
    return condition(variable, yes, no);
  }

  /** What has the conditions of `odd` in a fetch of its own. */
  function apart(whole: Whole, kept: readonly Asked[], odd: Asked): PlanNode {
    const others = kept.filter((one) => !haveSameConditions(one, odd));
    let own: PlanNode = restricted(
      whole,
      kept.filter((one) => haveSameConditions(one, odd)),
    );
    for (const { variable, value } of odd.conditions) {
      own = value ? condition(variable, own) : condition(variable, undefined, own);
    }
    return parallel([byConditions(whole, others, MAX_BRANCHES), own]);
  }

  /** The same fetch for some of its fields, with representations that hold no more than these need. */
  function restricted({ fetch, document, all }: Whole, kept: readonly Asked[]): FetchNode {
    if (kept.length === all.length) return fetch;
    const requires = needs.inputsFor(fetch.requires ?? [], fetch.serviceName, all, kept);
    return { ...fetchOf(fetch, document, new Set(kept.map(({ node }) => node))), requires };
  }

  return (plan) => (plan.node === undefined ? plan : { ...plan, node: mendRoot(plan.node) });
}

/** Those that are asked for when the variable has this value, and what else they depend on. */
function supposing(all: readonly Asked[], variable: string, value: boolean): Asked[] {
  const left: Asked[] = [];
  for (const one of all) {
    const conditions = one.conditions.filter((each) => each.variable !== variable);
    const fails = one.conditions.some((each) => each.variable === variable && each.value !== value);
    if (!fails) left.push({ ...one, conditions });
  }
  return left;
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}
