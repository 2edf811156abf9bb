import {
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { quoted } from './json-text.ts';
import { prepareLeaf } from './leaves.ts';
import { settleNull, tellProblem, type Output } from './output.ts';
import { isObject, type Data } from './run.ts';
import type { CollectFields } from './selected-fields.ts';

/**
 * Writes a value as JSON text. Undefined stands for a null that the value's type does not allow, so that what is around it
 * becomes null (https://spec.graphql.org/October2021/#sec-Handling-Field-Errors); why, is among the output's problems.
 */
type Write = (value: unknown, output: Output) => string | undefined;

/** Writes an object by its fields. */
export type WriteObject = (object: Data, output: Output) => string | undefined;

export interface WriterTools {
  /** What clients see of the supergraph. */
  readonly schema: GraphQLSchema;
  readonly collectFields: CollectFields;
  /** The client's response name for one that the planner got in its place. */
  responseName(name: string): string;
}

/** One field of an object's text. */
interface FieldWriter {
  /** The name under which the data has it. */
  readonly name: string;
  /** `"name":` */
  readonly lead: string;
  readonly write: Write;
}

/** Prepares the text of objects of one type, following what the client selected. */
export function prepareObjectWriter(
  type: GraphQLObjectType,
  selectionSets: readonly SelectionSetNode[],
  tools: WriterTools,
): WriteObject {
  return writeFields(prepareFields(type, selectionSets, tools));
}

function writeFields(fields: readonly FieldWriter[]): WriteObject {
  return function writeObject(object, output) {
    let text = '';
    for (const { name, lead, write } of fields) {
      let value = object[name];
      // Inherited from Object.prototype; no JSON has functions.
      if (typeof value === 'function') value = undefined;
      const part = write(value, output);
      if (part === undefined) return undefined;
      text += text === '' ? lead + part : `,${lead}${part}`;
    }
    return `{${text}}`;
  };
}

function prepareFields(
  type: GraphQLCompositeType,
  selectionSets: readonly SelectionSetNode[],
  tools: WriterTools,
): FieldWriter[] {
  return [...tools.collectFields(type, selectionSets)].map(function prepareField([name, nodes]) {
    const responseName = tools.responseName(name);
    const lead = `${quoted(responseName)}:`;
    const fieldName = nodes[0]!.name.value;
    if (fieldName === '__typename') return { name, lead, write: writeTypeName(type, responseName) };
    if (fieldName.startsWith('__')) return { name, lead, write: writeIntrospection };
    const field = 'getFields' in type ? type.getFields()[fieldName] : undefined;
    if (field === undefined) throw new Error(`The type ${type.name} has no field ${fieldName}.`);
    const below = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const where = `field ${type.name}.${fieldName}`;
    return { name, lead, write: prepareValue(field.type, responseName, where, below, tools) };
  });
}

/** The name of an object's type. Of an interface object whose own type nobody told, there is none. */
function writeTypeName(type: GraphQLCompositeType, name: string): Write {
  if (isObjectType(type)) return constant(quoted(type.name));
  return function tellUnknown(_value, output) {
    tellProblem(output, `The type of an object of ${type.name} is not known.`, name);
    return undefined;
  };
}

/** What graphql-js said of the schema. */
const writeIntrospection: Write = (value) => (value === undefined ? 'null' : JSON.stringify(value));

/** @param where what a problem with it is told to be about */
function prepareValue(
  type: GraphQLOutputType,
  name: string,
  where: string,
  selectionSets: readonly SelectionSetNode[],
  tools: WriterTools,
): Write {
  const isNonNull = isNonNullType(type);
  const nullable = isNonNull ? type.ofType : type;
  const ofNull = isNonNull ? undefined : 'null';
  const nullMessage = `Cannot return null for non-nullable ${where}.`;

  if (isLeafType(nullable)) {
    const writeLeaf = prepareLeaf(nullable);
    const invalidMessage = `Invalid value found for ${where}.`;
    return function writeLeafField(value, output) {
      if (value === null || value === undefined) {
        if (isNonNull) tellProblem(output, nullMessage, name);
        return ofNull;
      }
      const text = writeLeaf(value);
      if (text !== undefined) return text;
      tellProblem(output, invalidMessage, name);
      if (!isNonNull) settleNull(output, name);
      return ofNull;
    };
  }

  const writePresent = isListType(nullable)
    ? prepareList(nullable.ofType, where, selectionSets, tools)
    : prepareComposite(nullable, where, selectionSets, tools);
  return function writeField(value, output) {
    if (value === null || value === undefined) {
      if (isNonNull) tellProblem(output, nullMessage, name);
      return ofNull;
    }
    const known = output.shared?.has(value) === true ? output.written!.get(value) : undefined;
    if (known !== undefined && known.by === writePresent) return known.text;
    const problems = output.problems.length;
    output.path[output.depth++] = name;
    const text = writePresent(value, output);
    output.depth -= 1;
    if (text === undefined) {
      if (!isNonNull) settleNull(output, name);
      return ofNull;
    }
    if (output.shared?.has(value) === true && output.problems.length === problems) {
      output.written!.set(value, { by: writePresent, text });
    }
    return text;
  };
}

function prepareList(
  elementType: GraphQLOutputType,
  where: string,
  selectionSets: readonly SelectionSetNode[],
  tools: WriterTools,
): Write {
  const isNonNull = isNonNullType(elementType);
  const nullable = isNonNull ? elementType.ofType : elementType;
  const writeElement: Write = isLeafType(nullable)
    ? prepareLeaf(nullable)
    : isListType(nullable)
      ? prepareList(nullable.ofType, where, selectionSets, tools)
      : prepareComposite(nullable, where, selectionSets, tools);
  const isLeaf = isLeafType(nullable);

  return function writeList(value, output) {
    if (!Array.isArray(value)) {
      tellProblem(output, `Invalid value found for ${where}.`);
      return undefined;
    }
    const level = output.depth++;
    let text = '';
    for (let index = 0; index < value.length; index++) {
      const element: unknown = value[index];
      output.path[level] = index;
      let part: string | undefined;
      if (element === null || element === undefined) {
        if (isNonNull) tellProblem(output, `Cannot return null for non-nullable element of ${where}.`);
      } else {
        part = writeElement(element, output);
        if (part === undefined && isLeaf) tellProblem(output, `Invalid value found for element of ${where}.`);
      }
      if (part === undefined) {
        if (isNonNull) {
          output.depth = level;
          return undefined;
        }
        settleNull(output);
        part = 'null';
      }
      text += index === 0 ? part : `,${part}`;
    }
    output.depth = level;
    return `[${text}]`;
  };
}

function prepareComposite(
  type: GraphQLCompositeType,
  where: string,
  selectionSets: readonly SelectionSetNode[],
  tools: WriterTools,
): Write {
  const writerOf = isAbstractType(type)
    ? prepareByTypeName(type, selectionSets, tools)
    : constant(prepareObjectWriter(type, selectionSets, tools));
  return function writeComposite(value, output) {
    const writer = isObject(value) ? writerOf(value['__typename']) : undefined;
    if (writer !== undefined) return writer(value as Data, output);
    tellProblem(output, `Invalid value found for ${where}.`);
    return undefined;
  };
}

function constant<T>(value: T): () => T {
  return () => value;
}

/** Writers of an interface's or union's objects, prepared when their type is met for the first time. */
function prepareByTypeName(
  type: Extract<GraphQLCompositeType, { resolveType: unknown }>,
  selectionSets: readonly SelectionSetNode[],
  tools: WriterTools,
): (typeName: unknown) => WriteObject | undefined {
  const { schema } = tools;
  const writers = new Map<unknown, WriteObject>();
  return function writerOf(typeName) {
    const known = writers.get(typeName);
    if (known !== undefined) return known;
    // A subgraph that has an interface as an object says the interface's name, or none where it wasn't asked for.
    const runtimeType = typeName === undefined ? type : typeof typeName === 'string' && schema.getType(typeName);
    const fits =
      runtimeType === type ||
      ((isObjectType(runtimeType) || isInterfaceType(runtimeType)) && schema.isSubType(type, runtimeType));
    if (!fits) return undefined;
    const writer = writeFields(prepareFields(runtimeType, selectionSets, tools));
    writers.set(typeName, writer);
    return writer;
  };
}
