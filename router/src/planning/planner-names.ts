/**
 * Fields of one operation that would meet in the data under one name get names of their own before planning:
 *
 * - An alias, or a field with arguments, that takes the name of something that subgraphs need (`price: name`, `id: name`,
 *   `price(currency: EUR)`): the planner would send the client's value to the subgraph.
 * - One response name for different fields of different types at one place (`... on A { x: f(1) } ... on B { x: f(2) }`):
 *   the planner tells them apart within a fetch, but not in what other subgraphs add at that place.
 * - Names that mean something to JavaScript (`__proto__`, `constructor`) or to the planner (`x__alias_0`).
 *
 * A name depends on response name, field and arguments alone, so fields that GraphQL merges stay one field.
 */
import {
  Kind,
  print,
  visit,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type ObjectFieldNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';

export interface Renaming {
  /** The client's response names, by the names that stand for them. What isn't here keeps its name. */
  readonly responseNames: ReadonlyMap<string, string>;
  /** The client's variables, by the names that stand for them. */
  readonly variableNames: ReadonlyMap<string, string>;
  /** The same document in the new names. Also for a part of the document: the names are those of the whole. */
  apply(document: DocumentNode): DocumentNode;
}

/** Looking for fields that meet ends after so many selections; then each pair of fields with one name counts as meeting. */
const MAX_STEPS = 20_000;

const ofObjects = new Set(Object.getOwnPropertyNames(Object.prototype));

/** @returns undefined when nothing needs another name, which is the rule */
export function renamingOf(document: DocumentNode, reserved: ReadonlySet<string>): Renaming | undefined {
  const fields = collectFields(document);
  const wanted = new Set<string>();
  for (const [name, variants] of fields) {
    for (const [variant, field] of variants) if (mustChange(name, field, reserved)) wanted.add(variant);
  }
  const ambiguous = [...fields.values()].filter((variants) => variants.size > 1);
  if (ambiguous.length > 0) addMeeting(document, wanted, ambiguous);
  const variableNames = renamedVariables(document);
  if (wanted.size === 0 && variableNames.size === 0) return undefined;

  const responseNames = new Map<string, string>();
  const newNames = new Map<string, string>();
  for (const variant of wanted) {
    const clients = responseNameIn(variant);
    let number = newNames.size;
    let name: string;
    do name = `renamed_${(number += 1)}_${clients.replace(/^_+/, '')}`;
    while (reserved.has(name) || fields.has(name) || responseNames.has(name));
    newNames.set(variant, name);
    responseNames.set(name, clients);
  }
  return {
    responseNames,
    variableNames,
    apply: (original) => renamed(original, newNames, new Map([...variableNames].map(([to, from]) => [from, to]))),
  };
}

/** The fields that go to subgraphs, by response name and then by what tells them apart (`variantOf`). */
function collectFields(document: DocumentNode): Map<string, Map<string, FieldNode>> {
  const fields = new Map<string, Map<string, FieldNode>>();
  visit(document, {
    FragmentDefinition: (node) => (isIntrospection(node.typeCondition.name.value) ? false : undefined),
    Field(node) {
      // `__schema` and `__type` are answered here; `__typename` is found in the data under its own name.
      if (isIntrospection(node.name.value)) return false;
      const name = responseName(node);
      const variants = fields.get(name);
      if (variants === undefined) fields.set(name, new Map([[variantOf(node), node]]));
      else variants.set(variantOf(node), node);
      return undefined;
    },
  });
  return fields;
}

function mustChange(name: string, field: FieldNode, reserved: ReadonlySet<string>): boolean {
  const isPlain = name === field.name.value && (field.arguments?.length ?? 0) === 0;
  if (reserved.has(name)) return !isPlain;
  return isIntrospection(name) || ofObjects.has(name) || /__alias_\d+$/.test(name);
}

/** Adds those fields that share their response name with another field at the same place of the answer, but one of them. */
function addMeeting(document: DocumentNode, wanted: Set<string>, ambiguous: readonly Map<string, FieldNode>[]): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const one of document.definitions) if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);
  let steps = 0;

  /** @param atPlace by response name and what tells fields apart: what is selected below them */
  function collect(
    { selections }: SelectionSetNode,
    atPlace: Map<string, Map<string, SelectionSetNode[]>>,
    spread: Set<string>,
  ): void {
    for (const selection of selections) {
      steps += 1;
      if (selection.kind === Kind.FIELD) {
        if (isIntrospection(selection.name.value)) continue;
        const name = responseName(selection);
        const variants = atPlace.get(name) ?? new Map<string, SelectionSetNode[]>();
        atPlace.set(name, variants);
        const variant = variantOf(selection);
        const below = variants.get(variant) ?? [];
        variants.set(variant, below);
        if (selection.selectionSet !== undefined) below.push(selection.selectionSet);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet, atPlace, spread);
      else if (!spread.has(selection.name.value)) {
        spread.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        if (fragment !== undefined) collect(fragment.selectionSet, atPlace, spread);
      }
    }
  }

  function look(selectionSets: readonly SelectionSetNode[]): void {
    if (steps > MAX_STEPS) return;
    const atPlace = new Map<string, Map<string, SelectionSetNode[]>>();
    const spread = new Set<string>();
    for (const selectionSet of selectionSets) collect(selectionSet, atPlace, spread);
    for (const variants of atPlace.values()) {
      for (const variant of [...variants.keys()].slice(1)) wanted.add(variant);
      for (const below of variants.values()) if (below.length > 0) look(below);
    }
  }

  for (const one of document.definitions) if (one.kind === Kind.OPERATION_DEFINITION) look([one.selectionSet]);
  if (steps <= MAX_STEPS) return;
  for (const variants of ambiguous) for (const variant of [...variants.keys()].slice(1)) wanted.add(variant);
}

/** Plans have variables of their own, in the same requests as the client's. */
function renamedVariables(document: DocumentNode): Map<string, string> {
  const names = document.definitions.flatMap((one) =>
    one.kind === Kind.OPERATION_DEFINITION
      ? (one.variableDefinitions ?? []).map((each) => each.variable.name.value)
      : [],
  );
  const renamedNames = new Map<string, string>();
  for (const name of new Set(names)) {
    if (name !== 'representations' && !name.startsWith('contextualArgument_')) continue;
    let newName = `renamed_${name}`;
    while (names.includes(newName)) newName = `renamed_${newName}`;
    renamedNames.set(newName, name);
  }
  return renamedNames;
}

/** @param fieldNames by what tells fields apart @param variableNames by the client's name */
function renamed(
  document: DocumentNode,
  fieldNames: ReadonlyMap<string, string>,
  variableNames: ReadonlyMap<string, string>,
): DocumentNode {
  let introspection = 0;
  return visit(document, {
    FragmentDefinition: {
      enter: ({ typeCondition }) => void (introspection += Number(isIntrospection(typeCondition.name.value))),
      leave: ({ typeCondition }) => void (introspection -= Number(isIntrospection(typeCondition.name.value))),
    },
    Field: {
      enter(node) {
        introspection += Number(isIntrospection(node.name.value));
        if (introspection > 0) return undefined;
        const value = fieldNames.get(variantOf(node));
        return value === undefined ? undefined : { ...node, alias: { kind: Kind.NAME, value } };
      },
      leave: (node) => void (introspection -= Number(isIntrospection(node.name.value))),
    },
    Variable(node) {
      const value = variableNames.get(node.name.value);
      return value === undefined ? undefined : { ...node, name: { ...node.name, value } };
    },
  });
}

/** `__typename`, and what is answered without subgraphs. */
function isIntrospection(name: string): boolean {
  return name.startsWith('__');
}

function responseName(field: FieldNode): string {
  return (field.alias ?? field.name).value;
}

function responseNameIn(variant: string): string {
  return variant.slice(0, variant.indexOf(':'));
}

/** Tells fields of one response name apart as GraphQL does when it merges them: by name and arguments, in whatever order. */
function variantOf(field: FieldNode): string {
  const start = `${responseName(field)}:${field.name.value}`;
  if (field.arguments === undefined || field.arguments.length === 0) return start;
  return `${start}(${sorted(field.arguments)
    .map((one) => `${one.name.value}:${print(sortedValue(one.value))}`)
    .join()})`;
}

function sorted<T extends { readonly name: { readonly value: string } }>(nodes: readonly T[]): T[] {
  return nodes.toSorted((a, b) => (a.name.value < b.name.value ? -1 : 1));
}

function sortedValue(value: ValueNode): ValueNode {
  if (value.kind === Kind.LIST) return { ...value, values: value.values.map(sortedValue) };
  if (value.kind !== Kind.OBJECT) return value;
  return { ...value, fields: sorted(value.fields).map(sortedField) };
}

function sortedField(field: ObjectFieldNode): ObjectFieldNode {
  return { ...field, value: sortedValue(field.value) };
}
