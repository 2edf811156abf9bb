import {
  Kind,
  parse,
  type ConstDirectiveNode,
  type DocumentNode,
  type InterfaceTypeDefinitionNode,
  type ObjectTypeDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

const header = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@requires", "@provides", "@external", "@shareable", "@override", "@inaccessible", "@interfaceObject", "@context", "@fromContext"
])\n`;

type FieldsType = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode;

/** A subgraph's SDL, and what stands in it that its resolvers must know. */
export interface SubgraphSdl {
  readonly document: DocumentNode;
  readonly types: readonly FieldsType[];
  readonly abstractTypes: readonly string[];
  /** By type; those that can't be resolved left out. */
  readonly keys: ReadonlyMap<string, readonly SelectionSetNode[]>;
  /** By coordinate of the field. */
  readonly requires: ReadonlyMap<string, SelectionSetNode>;
  /** Names of the fields that the router asks for on its own account, for keys and requirements. */
  readonly asked: readonly string[];
}

export function readSdl(sdl: string): SubgraphSdl {
  const document = parse(header + sdl);
  const types: FieldsType[] = [];
  const abstractTypes: string[] = [];
  const keys = new Map<string, SelectionSetNode[]>();
  const requires = new Map<string, SelectionSetNode>();
  const asked: string[] = [];

  for (const definition of document.definitions) {
    if (definition.kind === Kind.INTERFACE_TYPE_DEFINITION || definition.kind === Kind.UNION_TYPE_DEFINITION) {
      abstractTypes.push(definition.name.value);
    }
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    types.push(definition);
    const type = definition.name.value;
    for (const directive of definition.directives ?? []) {
      const fields = fieldsOf(directive, 'key');
      if (fields === undefined) continue;
      asked.push(...namesIn(fields));
      const resolvable = directive.arguments?.find(({ name }) => name.value === 'resolvable')?.value;
      if (resolvable?.kind === Kind.BOOLEAN && !resolvable.value) continue;
      keys.set(type, [...(keys.get(type) ?? []), fields]);
    }
    for (const field of definition.fields ?? []) {
      for (const directive of field.directives ?? []) {
        const fields = fieldsOf(directive, 'requires');
        if (fields === undefined) continue;
        asked.push(...namesIn(fields));
        requires.set(`${type}.${field.name.value}`, fields);
      }
    }
  }
  return { document, types, abstractTypes, keys, requires, asked };
}

function fieldsOf(directive: ConstDirectiveNode, name: string): SelectionSetNode | undefined {
  if (directive.name.value !== name) return undefined;
  const value = directive.arguments?.find((argument) => argument.name.value === 'fields')?.value;
  if (value?.kind !== Kind.STRING) throw new Error(`@${name} without fields`);
  const [definition] = parse(`{ ${value.value} }`).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`@${name} with "${value.value}"`);
  return definition.selectionSet;
}

function namesIn({ selections }: SelectionSetNode): string[] {
  return selections.flatMap(function namesOf(selection): string[] {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
    const below = selection.selectionSet === undefined ? [] : namesIn(selection.selectionSet);
    return selection.kind === Kind.FIELD ? [selection.name.value, ...below] : below;
  });
}
