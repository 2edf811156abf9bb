import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner';
import { condition, inputPaths, parallel } from './planner-fetches.ts';

/** A field of the objects at a path. */
export interface FieldAt {
  readonly path: readonly (string | number)[];
  /** As it is called in the data. */
  readonly name: string;
}

/** Whether a plan completes objects at one of the places (`nodes.part`), or below, by fetches of their own. */
export function completes({ node }: QueryPlan, places: readonly string[]): boolean {
  if (node === undefined || places.length === 0) return false;
  const paths = node.kind === 'Subscription' ? pathsIn(node.rest, []) : pathsIn(node, []);
  return paths.some((path) => places.some((place) => path === place || path.startsWith(`${place}.`)));
}

function pathsIn(node: PlanNode | undefined, outer: readonly (string | number)[]): string[] {
  switch (node?.kind) {
    case 'Fetch':
      return [
        withoutTypes(outer)
          .filter((element) => element !== '@')
          .join('.'),
      ];
    case 'Flatten':
      return pathsIn(node.node, [...outer, ...node.path]);
    case 'Sequence':
    case 'Parallel':
      return node.nodes.flatMap((one) => pathsIn(one, outer));
    case 'Condition':
      return [...pathsIn(node.ifClause, outer), ...pathsIn(node.elseClause, outer)];
    case 'Defer':
    case undefined:
      return [];
  }
}

type Parts = readonly [before: PlanNode | undefined, after: PlanNode | undefined];

/** Divides a plan into what can be done without a field, and what needs it or comes after what does. */
export function splitBefore(node: PlanNode | undefined, field: FieldAt): Parts {
  return node === undefined ? [undefined, undefined] : split(node, field, []);
}

function split(node: PlanNode, field: FieldAt, path: readonly (string | number)[]): Parts {
  switch (node.kind) {
    case 'Fetch':
      return needs(node, field, path) ? [undefined, node] : [node, undefined];
    case 'Flatten': {
      const [before] = split(node.node, field, [...path, ...node.path]);
      return before === node.node ? [node, undefined] : [undefined, node];
    }
    case 'Sequence': {
      const parts = node.nodes.map((one) => split(one, field, path));
      const first = parts.findIndex(([, after]) => after !== undefined);
      if (first < 0) return [node, undefined];
      const [before, after] = parts[first]!;
      return [sequence([...node.nodes.slice(0, first), before]), sequence([after, ...node.nodes.slice(first + 1)])];
    }
    case 'Parallel': {
      const parts = node.nodes.map((one) => split(one, field, path));
      return [together(parts.map(([before]) => before)), together(parts.map(([, after]) => after))];
    }
    case 'Condition': {
      const yes = node.ifClause && split(node.ifClause, field, path);
      const no = node.elseClause && split(node.elseClause, field, path);
      return [either(node.condition, yes?.[0], no?.[0]), either(node.condition, yes?.[1], no?.[1])];
    }
    case 'Defer':
      return [node, undefined];
  }
}

/** Whether a fetch sends the field to its subgraph, or completes what is below it. */
function needs({ requires = [] }: FetchNode, field: FieldAt, path: readonly (string | number)[]): boolean {
  const [place, at] = [withoutTypes([...field.path, field.name]), withoutTypes(path)];
  if (at.length >= place.length) return place.every((element, index) => at[index] === element);
  if (!at.every((element, index) => place[index] === element)) return false;
  const below = place.slice(at.length).filter((element) => element !== '@');
  return inputPaths(requires).includes(below.join('.'));
}

/** A path may be limited to objects of some types: `nodes`, `@|[A,B]`. */
export function withoutTypes(path: readonly (string | number)[]): string[] {
  return path.map((element) => String(element).replace(/\|\[.*\]$/, '')).filter((element) => element !== '');
}

export function sequence(nodes: readonly (PlanNode | undefined)[]): PlanNode | undefined {
  const flat = nodes.flatMap((one) => (one === undefined ? [] : one.kind === 'Sequence' ? one.nodes : [one]));
  return flat.length > 1 ? { kind: 'Sequence', nodes: flat } : flat[0];
}

function together(nodes: readonly (PlanNode | undefined)[]): PlanNode | undefined {
  const there = nodes.filter((one) => one !== undefined);
  return there.length === 0 ? undefined : parallel(there);
}

function either(variable: string, yes: PlanNode | undefined, no: PlanNode | undefined): PlanNode | undefined {
  return yes === undefined && no === undefined ? undefined : condition(variable, yes, no);
}
