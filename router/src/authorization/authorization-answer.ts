import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type DirectiveNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { conditionOf, type Filtered, type OperationParts } from './authorization-filter.ts';

export type Path = readonly (string | number)[];
type Variables = Readonly<Record<string, unknown>>;
type Json = Readonly<Record<string, unknown>>;

/** What an object answers under one name: the selections that ask for it, and whether the caller may not have it. */
interface ResponseField {
  readonly name: string;
  readonly nodes: FieldNode[];
  denied: boolean;
}

/** The selections of one object, and what they come to for each type that it may be of. */
interface Selected {
  readonly sets: readonly SelectionSetNode[];
  readonly byType: Map<GraphQLObjectType, readonly ResponseField[]>;
}

/** An operation of a caller who may not have all of it. */
export interface DeniedOperation {
  readonly parts: OperationParts;
  readonly filtered: Filtered;
  /** Good ones, defaults filled in. */
  readonly variables: Variables;
}

/** The answer to a client that was not allowed everything. */
export interface CompletedAnswer {
  readonly data: Json | null;
  /** Where something is null because it was denied. */
  readonly denied: readonly Path[];
}

/**
 * Turns the answer to what was left of an operation into the answer to all of it: what was denied is null, and so is what can't
 * be without it.
 *
 * Each place where that happens is told: in a list, each item's. What was denied and is nowhere in the answer (an object that is
 * null, a list that is empty, a type that none is of) is told as well, by its path up to the first list on it: a client learns
 * that it may not have something whatever the data are.
 *
 * @param data what was answered; of an operation of which nothing was left, `{}`
 */
export function completeAnswer(operation: DeniedOperation, data: Json | null): CompletedAnswer {
  const { parts, filtered, variables } = operation;
  const { schema } = parts;
  const isSelected = selectionTest(variables);
  const insides = new Map<ResponseField, Selected>();
  const denied: Path[] = [];
  const told = new Set<FieldNode>();

  function fieldsOf({ sets, byType }: Selected, type: GraphQLObjectType): readonly ResponseField[] {
    let fields = byType.get(type);
    if (fields === undefined) byType.set(type, (fields = collectFields(operation, sets, type, isSelected)));
    return fields;
  }

  function insideOf(field: ResponseField): Selected {
    let inside = insides.get(field);
    if (inside === undefined) {
      const sets = field.nodes.flatMap(({ selectionSet }) => (selectionSet === undefined ? [] : [selectionSet]));
      insides.set(field, (inside = { sets, byType: new Map() }));
    }
    return inside;
  }

  function isTouched({ nodes }: ResponseField): boolean {
    return nodes.some(({ selectionSet }) => selectionSet !== undefined && filtered.touched.has(selectionSet));
  }

  /** @returns null when a field is null that may not be */
  function completeObject(selected: Selected, type: GraphQLObjectType, source: Json, path: Path): Json | null {
    // Without a prototype, a name like `__proto__` is a name like any other.
    const object = Object.create(null) as Record<string, unknown>;
    for (const field of fieldsOf(selected, type)) {
      const { name, nodes } = field;
      const fieldName = nodes[0]!.name.value;
      const fieldType = type.getFields()[fieldName]?.type;
      let value: unknown = fieldName === '__typename' ? type.name : own(source, name);
      if (field.denied) {
        value = null;
        denied.push([...path, name]);
        for (const node of nodes) told.add(node);
      } else if (value !== null && fieldType !== undefined && isTouched(field)) {
        value = completeValue(fieldType, insideOf(field), value, [...path, name]);
      }
      if (value === null && isNonNullType(fieldType)) return null;
      object[name] = value;
    }
    return object;
  }

  function completeValue(type: GraphQLOutputType, selected: Selected, value: unknown, path: Path): unknown {
    if (isNonNullType(type)) return completeValue(type.ofType, selected, value, path);
    if (value === null) return null;
    if (!isListType(type)) {
      const source = value as Json;
      const runtime = isAbstractType(type) ? schema.getType(String(source[filtered.typenameAlias])) : type;
      return isObjectType(runtime) ? completeObject(selected, runtime, source, path) : null;
    }
    const items: unknown[] = [];
    for (const [index, item] of (value as readonly unknown[]).entries()) {
      const completed = completeValue(type.ofType, selected, item, [...path, index]);
      if (completed === null && isNonNullType(type.ofType)) return null;
      items.push(completed);
    }
    return items;
  }

  const all: Selected = { sets: [parts.operation.selectionSet], byType: new Map() };
  const completed = data && completeObject(all, parts.root, data, []);
  denied.push(...deniedPaths(operation, told));
  return { data: completed, denied };
}

/** Whether the answer is null as a whole, whatever is found: a field of the root is denied that may not be null. */
export function isNullAnyway(operation: DeniedOperation): boolean {
  const { root, operation: node } = operation.parts;
  const fields = collectFields(operation, [node.selectionSet], root, selectionTest(operation.variables));
  return fields.some(({ denied, nodes }) => denied && isNonNullType(root.getFields()[nodes[0]!.name.value]!.type));
}

/**
 * Where an operation asks for what is denied, without an answer at hand: each denied field's path, up to the first list on it.
 *
 * @param except what was told already
 */
export function deniedPaths(
  { parts, filtered, variables }: DeniedOperation,
  except: ReadonlySet<FieldNode> = new Set(),
): readonly Path[] {
  const isSelected = selectionTest(variables);
  const paths: Path[] = [];
  const seen = new Set<string>();

  function walk(set: SelectionSetNode, type: GraphQLCompositeType, path: Path, fixed: boolean): void {
    if (!filtered.touched.has(set)) return;
    for (const node of set.selections) {
      if (!isSelected(node)) continue;
      if (node.kind === Kind.FIELD) {
        const here = fixed ? path : [...path, (node.alias ?? node.name).value];
        if (filtered.denied.has(node)) {
          if (!except.has(node)) paths.push(here);
        } else if (node.selectionSet !== undefined && (isObjectType(type) || isInterfaceType(type))) {
          const fieldType = type.getFields()[node.name.value]?.type;
          const returned = getNamedType(fieldType);
          if (isCompositeType(returned)) walk(node.selectionSet, returned, here, fixed || holdsList(fieldType!));
        }
        continue;
      }
      if (node.kind === Kind.FRAGMENT_SPREAD) {
        // Its first place is enough, and looking at all of them may take exponentially long.
        if (seen.has(node.name.value)) continue;
        seen.add(node.name.value);
      }
      const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : parts.fragments.get(node.name.value)!;
      walk(fragment.selectionSet, conditionOf(fragment, parts.schema) ?? type, path, fixed);
    }
  }

  walk(parts.operation.selectionSet, parts.root, [], false);
  return paths;
}

/** What selections come to for an object of this type: by name, in the order in which they are answered. */
function collectFields(
  { parts, filtered }: DeniedOperation,
  sets: readonly SelectionSetNode[],
  type: GraphQLObjectType,
  isSelected: (node: SelectionNode) => boolean,
): readonly ResponseField[] {
  const fields = new Map<string, ResponseField>();
  const spread = new Set<string>();

  function collect({ selections }: SelectionSetNode): void {
    for (const node of selections) {
      if (!isSelected(node)) continue;
      if (node.kind === Kind.FIELD) {
        const name = (node.alias ?? node.name).value;
        let field = fields.get(name);
        if (field === undefined) fields.set(name, (field = { name, nodes: [], denied: false }));
        field.nodes.push(node);
        // Two selections of one field may be of different types; the stricter has the word.
        field.denied ||= filtered.denied.has(node);
        continue;
      }
      if (node.kind === Kind.FRAGMENT_SPREAD) {
        if (spread.has(node.name.value)) continue;
        spread.add(node.name.value);
      }
      const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : parts.fragments.get(node.name.value)!;
      const condition = conditionOf(fragment, parts.schema) ?? type;
      if (condition === type || (isAbstractType(condition) && parts.schema.isSubType(condition, type))) {
        collect(fragment.selectionSet);
      }
    }
  }

  for (const set of sets) collect(set);
  return [...fields.values()];
}

function own(object: Json, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : null;
}

function holdsList(type: GraphQLOutputType): boolean {
  return isListType(type) || (isNonNullType(type) && holdsList(type.ofType));
}

/** `@skip` and `@include`, as the specification has them. */
function selectionTest(variables: Variables): (node: SelectionNode) => boolean {
  function isTrue(directive: DirectiveNode): boolean {
    const value = directive.arguments?.find(({ name }) => name.value === 'if')?.value;
    if (value?.kind === Kind.VARIABLE) return variables[value.name.value] === true;
    return value?.kind === Kind.BOOLEAN && value.value;
  }
  return ({ directives = [] }) =>
    directives.every((directive) => {
      if (directive.name.value === 'skip') return !isTrue(directive);
      return directive.name.value !== 'include' || isTrue(directive);
    });
}
