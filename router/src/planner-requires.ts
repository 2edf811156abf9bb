/**
 * Plans ask a subgraph for all it knows of an entity in one fetch, with one representation that holds whatever any of the
 * fields `@requires`. That is wrong when two fields require one field with different arguments (a representation has room
 * for one), and when a field is included by a condition that others don't depend on: what it requires isn't there when the
 * condition says no, and a representation that lacks something isn't sent. Such fetches are split here; and the fields that
 * stand for others with arguments (planner-variants.ts) are translated back.
 */
import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner';
import { parse, type DocumentNode } from 'graphql';
import { condition, fetchOf, mapFetches, parallel, translated } from './planner-fetches.ts';
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

/** Makes the plans of `graph.supergraph` plans of the supergraph that clients and subgraphs know. */
export function createPlanMender(graph: PlannerSupergraph): (plan: QueryPlan) => QueryPlan {
  const { variants } = graph;
  const needs = createNeeds(graph);

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
        return { ...node, nodes: node.nodes.map(mend) };
      case 'Parallel':
        return parallel(node.nodes.map(mend));
      case 'Condition': {
        const { ifClause, elseClause } = node;
        return condition(node.condition, ifClause && mend(ifClause), elseClause && mend(elseClause));
      }
      case 'Defer':
        return node;
    }
  }

  function split(fetch: FetchNode): PlanNode {
    if (fetch.requires === undefined || !needs.has(fetch.serviceName)) return fetch;
    const document = parse(fetch.operation, { noLocation: true });
    const all = needs.askedIn(document, fetch.serviceName);
    const groups: Asked[][] = [];
    for (const one of all) {
      const group = groups.find((others) => others.every((other) => needs.fit(one, other)));
      if (group === undefined) groups.push([one]);
      else group.push(one);
    }
    return parallel(groups.map((group) => byConditions({ fetch, document, all }, group, 0)));
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
