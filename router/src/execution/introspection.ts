import {
  execute,
  Kind,
  visit,
  type DefinitionNode,
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { Variables } from '../planning/variables.ts';
import type { SelectedFields } from './selected-fields.ts';

/** Answers `__schema` and `__type`, which no subgraph is asked for. */
export type Introspect = (variables: Variables | undefined) => ExecutionResult<Record<string, unknown>>;

/**
 * Prepares the introspection that stands beside other fields at the root of a query.
 *
 * @param rootFields of the query
 * @returns undefined when there is none
 */
export function prepareIntrospection(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  rootFields: SelectedFields,
): Introspect | undefined {
  const selections = [...rootFields.values()].flat().filter(isIntrospection);
  if (selections.length === 0) return undefined;
  const used = new Set<string>();
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  const selectionSet = { kind: Kind.SELECTION_SET, selections } as const;
  for (const part of [selectionSet, ...fragments]) visit(part, { Variable: ({ name }) => void used.add(name.value) });
  // Values of the others may be of any form, and are the subgraphs' business.
  const variableDefinitions = (operation.variableDefinitions ?? []).filter(({ variable }) =>
    used.has(variable.name.value),
  );
  const definitions: DefinitionNode[] = [{ ...operation, variableDefinitions, selectionSet }, ...fragments];
  const alone: DocumentNode = { kind: Kind.DOCUMENT, definitions };

  return function introspect(variables = {}) {
    // Without resolvers of our own it never waits.
    return execute({ schema, document: alone, variableValues: variables }) as ExecutionResult<Record<string, unknown>>;
  };
}

function isIntrospection({ name }: FieldNode): boolean {
  return name.value === '__schema' || name.value === '__type';
}
