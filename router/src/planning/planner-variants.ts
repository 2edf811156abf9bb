import {
  Kind,
  print,
  type ArgumentNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  type InterfaceTypeDefinitionNode,
  type ObjectTypeDefinitionNode,
  type SelectionSetNode,
  type TypeNode,
} from 'graphql';

export type TypeWithFields = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode;

/** What a field of the planner's own stands for: a field of the supergraph with its arguments. */
export interface ArgumentVariant {
  readonly name: string;
  readonly arguments: readonly ArgumentNode[];
}

export interface Variants {
  /** The same selections of any of `types`, each field that has arguments replaced by the one that stands for it. */
  replaceIn(selectionSet: SelectionSetNode, types: readonly string[]): SelectionSetNode;
  /** Adds the fields that stand for others to their types. */
  addTo<T extends TypeWithFields>(type: T): T;
  /** All that were needed, by their own name. */
  readonly byName: ReadonlyMap<string, ArgumentVariant>;
}

/** Gives fields with arguments names of their own (`price(currency: USD)` → `price__args_1`), wherever they are needed. */
export function createVariants(document: DocumentNode): Variants {
  const types = new Map<string, TypeWithFields>();
  const fieldNames = new Set<string>();
  for (const definition of document.definitions) {
    if (!hasFields(definition)) continue;
    types.set(definition.name.value, definition);
    for (const field of definition.fields ?? []) fieldNames.add(field.name.value);
  }
  const byName = new Map<string, ArgumentVariant>();
  const names = new Map<string, string>();
  /** Names of variants, by type and then by the field they stand for. */
  const added = new Map<string, Map<string, Set<string>>>();

  function variantOf(field: FieldNode): string {
    const { kind, name: original, arguments: values = [] } = field;
    const text = print({ kind, name: original, arguments: values });
    const known = names.get(text);
    if (known !== undefined) return known;
    let name: string;
    let number = byName.size;
    do name = `${original.value}__args_${(number += 1)}`;
    while (fieldNames.has(name));
    names.set(text, name);
    byName.set(name, { name: original.value, arguments: values });
    return name;
  }

  function fieldOf(type: string, name: string): FieldDefinitionNode | undefined {
    return types.get(type)?.fields?.find((field) => field.name.value === name);
  }

  /** An interface's field must be in all that implement it; an implementation's may be the interface's in some subgraph. */
  function add(type: string, field: string, variant: string): void {
    if (fieldOf(type, field) === undefined) return;
    const ofType = added.get(type) ?? new Map<string, Set<string>>();
    added.set(type, ofType);
    const ofField = ofType.get(field) ?? new Set();
    ofType.set(field, ofField);
    if (ofField.has(variant)) return;
    ofField.add(variant);
    for (const { name } of types.get(type)?.interfaces ?? []) add(name.value, field, variant);
    for (const [other, { interfaces }] of types) {
      if (interfaces?.some(({ name }) => name.value === type) === true) add(other, field, variant);
    }
  }

  function replaceIn(selectionSet: SelectionSetNode, parents: readonly string[]): SelectionSetNode {
    const selections = selectionSet.selections.map(function replaced(selection) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return selection;
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value;
        const inside = condition === undefined ? parents : [condition];
        return { ...selection, selectionSet: replaceIn(selection.selectionSet, inside) };
      }
      const name = selection.name.value;
      const below = parents.flatMap((type) => namedType(fieldOf(type, name)?.type) ?? []);
      const inside = selection.selectionSet && { selectionSet: replaceIn(selection.selectionSet, below) };
      if ((selection.arguments?.length ?? 0) === 0) return { ...selection, ...inside };
      const variant = variantOf(selection);
      for (const type of parents) add(type, name, variant);
      return { ...selection, ...inside, name: { kind: Kind.NAME, value: variant } as const, arguments: [] };
    });
    return { ...selectionSet, selections };
  }

  return {
    replaceIn,
    addTo(type) {
      const ofType = added.get(type.name.value);
      if (ofType === undefined) return type;
      const fields: FieldDefinitionNode[] = [];
      for (const field of type.fields ?? []) {
        fields.push(field);
        for (const variant of ofType.get(field.name.value) ?? []) fields.push(namedSo(field, variant));
      }
      return { ...type, fields };
    },
    byName,
  };
}

export function hasFields(definition: DefinitionNode): definition is TypeWithFields {
  return definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION;
}

/** A field that is like another, but for its name and that it has no arguments. */
function namedSo(field: FieldDefinitionNode, value: string): FieldDefinitionNode {
  return { ...field, name: { ...field.name, value }, arguments: [] };
}

function namedType(type: TypeNode | undefined): string | undefined {
  if (type === undefined) return undefined;
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}
