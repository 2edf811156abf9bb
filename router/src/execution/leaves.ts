import { isEnumType, type GraphQLEnumType, type GraphQLScalarType } from 'graphql';
import { jsonText, quoted } from './json-text.ts';

/** The JSON text of a leaf's value that is not null; undefined when the value is none of that type. */
export type WriteLeaf = (value: unknown) => string | undefined;

/**
 * How values of a scalar or enum are written: as GraphQL's result coercion of that type has it
 * (https://spec.graphql.org/October2021/#sec-Scalars). A custom scalar may be any JSON.
 */
export function prepareLeaf(type: GraphQLScalarType | GraphQLEnumType): WriteLeaf {
  if (isEnumType(type)) {
    const texts = new Map<unknown, string>(type.getValues().map(({ name }) => [name, quoted(name)]));
    return (value) => texts.get(value);
  }
  return scalars.get(type.name) ?? jsonText;
}

const scalars: ReadonlyMap<string, WriteLeaf> = new Map<string, WriteLeaf>([
  ['String', (value) => (typeof value === 'string' ? quoted(value) : undefined)],
  ['ID', writeId],
  ['Int', (value) => (typeof value === 'number' && (value | 0) === value ? `${value}` : undefined)],
  ['Float', (value) => (typeof value === 'number' ? `${value}` : undefined)],
  ['Boolean', (value) => (typeof value === 'boolean' ? `${value}` : undefined)],
]);

function writeId(value: unknown): string | undefined {
  if (typeof value === 'string') return quoted(value);
  return typeof value === 'number' && Number.isInteger(value) ? `"${value}"` : undefined;
}
