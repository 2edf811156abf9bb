import {
  baseType,
  CONTEXT_VERSIONS,
  ContextSpecDefinition,
  JOIN_VERSIONS,
  joinIdentity,
  type FieldDefinition,
  type InterfaceType,
  type NamedType,
  type ObjectType,
  type Schema,
} from '@apollo/federation-internals';
import { Kind, parse, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';

/** What is asked of callers, as numbers, by element: a type's name, or `Type.field`. */
export type Needs = Map<string, Set<number>>;

type OutputField = FieldDefinition<ObjectType | InterfaceType>;

/** Adds to what an element asks. */
export function addNeeds(needs: Needs, element: string, more: Iterable<number> | undefined): void {
  if (more === undefined) return;
  const known = needs.get(element);
  if (known === undefined) needs.set(element, new Set(more));
  else for (const id of more) known.add(id);
}

/**
 * Lets each field ask what the fields ask that it is computed from (`@requires`, `@fromContext`): else whoever may not read a
 * price could read a shipping estimate made of it. So nothing is fetched for `@requires` that the caller could not ask for. An
 * entity's keys are: they are how it is found, and nothing is made of them.
 */
export function addDependencies(schema: Schema, needs: Needs): void {
  for (const { field, source, fieldSet } of dependenciesOf(schema)) {
    forEachElement(parseFieldSet(fieldSet), source, (element) => addNeeds(needs, field, needs.get(element)));
  }

  function forEachElement(
    { selections }: SelectionSetNode,
    type: NamedType | undefined,
    visit: (element: string) => void,
  ): void {
    for (const selection of selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition;
        const inside = condition === undefined ? type : schema.type(condition.name.value);
        if (inside !== undefined) visit(inside.name);
        forEachElement(selection.selectionSet, inside, visit);
      } else if (selection.kind === Kind.FIELD && type !== undefined && 'field' in type) {
        const field = type.field(selection.name.value) as OutputField | undefined;
        if (field?.type === undefined) continue;
        const returned = baseType(field.type);
        visit(field.coordinate);
        visit(returned.name);
        if (selection.selectionSet !== undefined) forEachElement(selection.selectionSet, returned, visit);
      }
    }
  }
}

interface Dependency {
  /** `Type.field` */
  readonly field: string;
  /** The field is computed from `fieldSet` of this type. */
  readonly source: NamedType;
  readonly fieldSet: string;
}

function* dependenciesOf(schema: Schema): Generator<Dependency> {
  const joins = joinsReader(schema);
  const contexts = contextTypes(schema);

  function* ofField(field: OutputField, at: OutputField): Generator<Dependency> {
    for (const { requires, contextArguments } of joins(field)) {
      if (requires !== undefined) yield { field: at.coordinate, source: at.parent, fieldSet: requires };
      for (const { context, selection } of contextArguments ?? []) {
        for (const source of contexts.get(context) ?? []) {
          // Written as a fragment, which asks what the type asks.
          const fieldSet = `... on ${source.name} ${braced(selection)}`;
          yield { field: at.coordinate, source, fieldSet };
        }
      }
    }
  }

  for (const type of [...schema.objectTypes(), ...schema.interfaceTypes()]) {
    for (const field of type.fields() as readonly OutputField[]) {
      yield* ofField(field, field);
      // An interface object makes it for all types of the interface: what it is made from stands there.
      for (const above of type.interfaces()) {
        const same = above.field(field.name);
        if (same !== undefined) yield* ofField(same, field);
      }
    }
  }
}

function joinsReader(schema: Schema) {
  const feature = schema.coreFeatures?.getByIdentity(joinIdentity);
  const definition = feature && JOIN_VERSIONS.find(feature.url.version)?.fieldDirective(schema);
  return (field: OutputField) =>
    definition === undefined ? [] : field.appliedDirectivesOf(definition).map((join) => join.arguments());
}

/** The types that give each context. */
function contextTypes(schema: Schema): ReadonlyMap<string, readonly NamedType[]> {
  const feature = schema.coreFeatures?.getByIdentity(ContextSpecDefinition.identity);
  const definition = feature && CONTEXT_VERSIONS.find(feature.url.version)?.contextDirective(schema);
  const types = new Map<string, NamedType[]>();
  for (const application of definition?.applications() ?? []) {
    const { name } = application.arguments();
    types.set(name, [...(types.get(name) ?? []), application.parent as NamedType]);
  }
  return types;
}

function parseFieldSet(text: string): SelectionSetNode {
  return (parse(braced(text), { noLocation: true }).definitions[0] as OperationDefinitionNode).selectionSet;
}

function braced(text: string): string {
  return text.trimStart().startsWith('{') ? text : `{ ${text} }`;
}
