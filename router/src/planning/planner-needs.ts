import type { QueryPlanSelectionNode } from '@apollo/query-planner';
import { Kind, type DocumentNode, type FieldNode, type SelectionSetNode } from 'graphql';
import { conditionsOf, entitiesIn, inputPaths, withoutPaths, type Condition } from './planner-fetches.ts';
import type { PlannerSupergraph } from './planner-supergraph.ts';

/** A field that an entity fetch asks for. */
export interface Asked {
  readonly node: FieldNode;
  readonly type: string;
  /** Those that are not decided yet. */
  readonly conditions: readonly Condition[];
  /** What the subgraph needs for it: paths in the representation as plans have them → as the subgraph has them. */
  readonly needs: ReadonlyMap<string, string>;
}

/** What the fields of entity fetches need, and how that goes together. */
export interface Needs {
  /** Whether there is anything to know about the fetches from a subgraph. */
  has(subgraph: string): boolean;
  askedIn(document: DocumentNode, subgraph: string): Asked[];
  /** Whether one representation can hold what both need. */
  fit(one: Asked, other: Asked): boolean;
  /** Whether another may be asked for while something isn't there that only `one` needs. */
  holdsUp(one: Asked, all: readonly Asked[]): boolean;
  /** The selections of `requires` that the `kept` ones of `all` need, keys included. */
  inputsFor(
    requires: readonly QueryPlanSelectionNode[],
    subgraph: string,
    all: readonly Asked[],
    kept: readonly Asked[],
  ): QueryPlanSelectionNode[];
}

export function createNeeds({ subgraphs, variants, areRelated }: PlannerSupergraph): Needs {
  function addPaths({ selections }: SelectionSetNode, from: string, to: string, paths: Map<string, string>): void {
    for (const node of selections) {
      if (node.kind === Kind.INLINE_FRAGMENT) addPaths(node.selectionSet, from, to, paths);
      if (node.kind !== Kind.FIELD) continue;
      const name = node.name.value;
      const original = variants.get(name)?.name ?? name;
      paths.set(from + name, to + original);
      if (node.selectionSet !== undefined) addPaths(node.selectionSet, `${from}${name}.`, `${to}${original}.`, paths);
    }
  }

  function pathsIn(selectionSet: SelectionSetNode | undefined): ReadonlyMap<string, string> {
    const paths = new Map<string, string>();
    if (selectionSet !== undefined) addPaths(selectionSet, '', '', paths);
    return paths;
  }

  /** What must stay so that there is a key: nothing, when there is one that has nothing in common with what goes. */
  function pathsOfKeys(
    subgraph: string,
    type: string,
    there: ReadonlySet<string>,
    dropped: ReadonlySet<string>,
  ): string[] {
    const keys: string[][] = [];
    for (const [keyed, ofType] of subgraphs.get(subgraph)?.keys ?? []) {
      if (!areRelated(keyed, type)) continue;
      for (const key of ofType) keys.push([...pathsIn(key).keys()]);
    }
    const whole = keys.filter((paths) => paths.every((path) => there.has(path)));
    return whole.some((paths) => paths.every((path) => !dropped.has(path))) ? [] : whole.flat();
  }

  return {
    has: (subgraph) => (subgraphs.get(subgraph)?.requirements.size ?? 0) > 0,
    askedIn(document, subgraph) {
      const { requirements } = subgraphs.get(subgraph)!;
      const found: Asked[] = [];
      function look({ selections }: SelectionSetNode, type: string, outer: readonly Condition[]): void {
        for (const node of selections) {
          if (node.kind === Kind.FRAGMENT_SPREAD) continue;
          const conditions = [...outer, ...conditionsOf(node.directives)];
          if (node.kind === Kind.FIELD) {
            const name = variants.get(node.name.value)?.name ?? node.name.value;
            found.push({ node, type, conditions, needs: pathsIn(requirements.get(`${type}.${name}`)) });
          } else look(node.selectionSet, node.typeCondition?.name.value ?? type, conditions);
        }
      }
      look(entitiesIn(document), '', []);
      return found;
    },
    fit(one, other) {
      if (!areRelated(one.type, other.type)) return true;
      const sources = new Map([...one.needs].map(([source, target]) => [target, source]));
      return [...other.needs].every(([source, target]) => (sources.get(target) ?? source) === source);
    },
    holdsUp(one, all) {
      if (one.conditions.length === 0) return false;
      return all.some(function isHeldUp(other) {
        if (impliedBy(other, one) || !areRelated(other.type, one.type)) return false;
        const there = needsOf(all.filter((each) => impliedBy(other, each)));
        return [...one.needs.keys()].some((path) => !there.has(path));
      });
    },
    inputsFor(requires, subgraph, all, kept) {
      const nodes = new Set(kept.map(({ node }) => node));
      return requires.flatMap(function ofType(input): QueryPlanSelectionNode[] {
        if (input.kind !== 'InlineFragment' || input.typeCondition === undefined) return [input];
        const type = input.typeCondition;
        const here = kept.filter((one) => areRelated(one.type, type));
        if (here.length === 0) return [];
        const dropped = needsOf(all.filter((one) => !nodes.has(one.node) && areRelated(one.type, type)));
        for (const path of needsOf(here)) dropped.delete(path);
        const there = new Set(inputPaths(input.selections));
        for (const path of pathsOfKeys(subgraph, type, there, dropped)) dropped.delete(path);
        return [{ ...input, selections: withoutPaths(input.selections, dropped) }];
      });
    },
  };
}

function needsOf(all: readonly Asked[]): Set<string> {
  const paths = new Set<string>();
  for (const { needs } of all) for (const path of needs.keys()) paths.add(path);
  return paths;
}

export function haveSameConditions(one: Asked, other: Asked): boolean {
  return impliedBy(one, other) && impliedBy(other, one);
}

/** Whether `one` is asked for whenever `other` is. */
function impliedBy(other: Asked, one: Asked): boolean {
  return one.conditions.every(({ variable, value }) =>
    other.conditions.some((its) => its.variable === variable && its.value === value),
  );
}
