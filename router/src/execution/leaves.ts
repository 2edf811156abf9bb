import { isEnumType, type GraphQLEnumType, type GraphQLScalarType } from 'graphql';
import { asciiBytes, type JsonBytes } from './json-bytes.ts';

/** Writes a leaf's value that is not null; false when the value is none of that type, and nothing was written. */
export type WriteLeaf = (value: unknown, bytes: JsonBytes) => boolean;

/**
 * How values of a scalar or enum are written: as GraphQL's result coercion of that type has it
 * (https://spec.graphql.org/October2021/#sec-Scalars). A custom scalar may be any JSON.
 */
export function prepareLeaf(type: GraphQLScalarType | GraphQLEnumType): WriteLeaf {
  if (!isEnumType(type)) return scalars.get(type.name) ?? writeAny;
  const texts = new Map<unknown, Uint8Array>(type.getValues().map(({ name }) => [name, asciiBytes(`"${name}"`)]));
  return function writeEnum(value, bytes) {
    const text = texts.get(value);
    if (text === undefined) return false;
    bytes.raw(text);
    return true;
  };
}

const scalars: ReadonlyMap<string, WriteLeaf> = new Map<string, WriteLeaf>([
  ['String', writeString],
  ['ID', (value, bytes) => writeString(Number.isInteger(value) ? `${value as number}` : value, bytes)],
  ['Int', (value, bytes) => typeof value === 'number' && (value | 0) === value && writeText(`${value}`, bytes)],
  // JSON may say 1e999, but not what JavaScript makes of it.
  ['Float', (value, bytes) => Number.isFinite(value) && writeText(`${value as number}`, bytes)],
  ['Boolean', (value, bytes) => typeof value === 'boolean' && writeText(`${value}`, bytes)],
]);

function writeString(value: unknown, bytes: JsonBytes): boolean {
  if (typeof value !== 'string') return false;
  bytes.string(value);
  return true;
}

function writeText(text: string, bytes: JsonBytes): boolean {
  bytes.text(text);
  return true;
}

function writeAny(value: unknown, bytes: JsonBytes): boolean {
  if (typeof value === 'string') bytes.string(value);
  else {
    const text = jsonText(value);
    if (text === undefined) return false;
    bytes.text(text);
  }
  return true;
}

/** @returns undefined for what is nested so deeply that no stack is large enough for it */
function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
