import {
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLAbstractType,
  type GraphQLCompositeType,
  type GraphQLList,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { asciiBytes } from './json-bytes.ts';
import { prepareLeaf } from './leaves.ts';
import { noteWritten, settleNull, takeBack, tellProblem, type Output } from './output.ts';
import { isObject, type Data } from './run.ts';
import type { CollectFields } from './selected-fields.ts';

/**
 * Writes a value as JSON. False stands for a null that the value's type does not allow, so that what is around it becomes
 * null (https://spec.graphql.org/October2021/#sec-Handling-Field-Errors); why, is among the output's problems.
 */
type Write = (value: unknown, output: Output) => boolean;

/** Writes an object by its fields. */
export type WriteObject = (object: Data, output: Output) => boolean;

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
  /** `{"name":` or `,"name":` */
  readonly lead: Uint8Array;
  readonly write: Write;
}

const emptyObject = asciiBytes('{}');
const closingBrace = asciiBytes('}');
const openingBracket = asciiBytes('[');
const closingBracket = asciiBytes(']');
const comma = asciiBytes(',');
const nullText = asciiBytes('null');

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
    const { bytes } = output;
    for (const { name, lead, write } of fields) {
      bytes.raw(lead);
      let value = object[name];
      // Inherited from Object.prototype; no JSON has functions.
      if (typeof value === 'function') value = undefined;
      if (!write(value, output)) return false;
    }
    bytes.raw(fields.length === 0 ? emptyObject : closingBrace);
    return true;
  };
}

function prepareFields(
  type: GraphQLCompositeType,
  selectionSets: readonly SelectionSetNode[],
  tools: WriterTools,
): FieldWriter[] {
  return [...tools.collectFields(type, selectionSets)].map(function prepareField([name, nodes], index) {
    const responseName = tools.responseName(name);
    const lead = asciiBytes(`${index === 0 ? '{' : ','}${JSON.stringify(responseName)}:`);
    const fieldName = nodes[0]!.name.value;
    if (fieldName === '__typename') return { name, lead, write: prepareTypeName(type, responseName) };
    if (fieldName.startsWith('__')) return { name, lead, write: writeIntrospection };
    const field = 'getFields' in type ? type.getFields()[fieldName] : undefined;
    if (field === undefined) throw new Error(`The type ${type.name} has no field ${fieldName}.`);
    const below = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const where = `field ${type.name}.${fieldName}`;
    return { name, lead, write: prepareValue(field.type, responseName, where, below, tools) };
  });
}

/** The name of an object's type. Of an interface object whose own type nobody told, there is none. */
function prepareTypeName(type: GraphQLCompositeType, name: string): Write {
  const text = isObjectType(type) ? asciiBytes(`"${type.name}"`) : undefined;
  return function writeTypeName(_value, output) {
    if (text === undefined) tellProblem(output, unknownTypeMessage(type), name);
    else output.bytes.raw(text);
    return text !== undefined;
  };
}

/** What graphql-js said of the schema. */
function writeIntrospection(value: unknown, { bytes }: Output): boolean {
  bytes.text(value === undefined ? 'null' : JSON.stringify(value));
  return true;
}

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
  const nullMessage = `Cannot return null for non-nullable ${where}.`;

  function writeNull(output: Output): boolean {
    if (isNonNull) tellProblem(output, nullMessage, name);
    else output.bytes.raw(nullText);
    return !isNonNull;
  }

  /** After a problem that was told already. */
  function writeNullInstead(output: Output, from: number, problems: number): boolean {
    if (isNonNull) return false;
    takeBack(output, from);
    output.bytes.raw(nullText);
    settleNull(output, problems, name);
    return true;
  }

  if (isLeafType(nullable)) {
    const writeLeaf = prepareLeaf(nullable);
    const invalidMessage = `Invalid value found for ${where}.`;
    return function writeLeafField(value, output) {
      if (value === null || value === undefined) return writeNull(output);
      if (writeLeaf(value, output.bytes)) return true;
      const problems = output.problems.length;
      tellProblem(output, invalidMessage, name);
      return writeNullInstead(output, output.bytes.end, problems);
    };
  }

  const writePresent = isListType(nullable)
    ? prepareList(nullable.ofType, where, selectionSets, tools)
    : prepareComposite(nullable, where, selectionSets, tools);
  return function writeField(value, output) {
    if (value === null || value === undefined) return writeNull(output);
    const { bytes, shared } = output;
    const isShared = shared?.has(value) === true;
    if (isShared) {
      const known = output.written!.get(value);
      if (known !== undefined && known.by === writePresent) {
        bytes.again(known.from, known.to);
        return true;
      }
    }
    const problems = output.problems.length;
    const from = bytes.end;
    output.path[output.depth++] = name;
    const written = writePresent(value, output);
    output.depth -= 1;
    if (!written) return writeNullInstead(output, from, problems);
    if (isShared && output.problems.length === problems) noteWritten(output, value, writePresent, from);
    return true;
  };
}

function prepareList(
  elementType: GraphQLOutputType,
  where: string,
  selectionSets: readonly SelectionSetNode[],
  tools: WriterTools,
): Write {
  const isNonNull = isNonNullType(elementType);
  const writeElement = prepareElement(isNonNull ? elementType.ofType : elementType, where, selectionSets, tools);
  const invalidMessage = `Invalid value found for ${where}.`;
  const nullMessage = `Cannot return null for non-nullable element of ${where}.`;

  return function writeList(value, output) {
    if (!Array.isArray(value)) {
      tellProblem(output, invalidMessage);
      return false;
    }
    const { bytes } = output;
    bytes.raw(openingBracket);
    const level = output.depth++;
    for (let index = 0; index < value.length; index++) {
      if (index > 0) bytes.raw(comma);
      const element: unknown = value[index];
      output.path[level] = index;
      const from = bytes.end;
      const problems = output.problems.length;
      const isNull = element === null || element === undefined;
      if (!isNull && writeElement(element, output)) continue;
      if (isNull && isNonNull) tellProblem(output, nullMessage);
      if (isNonNull) {
        output.depth = level;
        return false;
      }
      takeBack(output, from);
      bytes.raw(nullText);
      settleNull(output, problems);
    }
    output.depth = level;
    bytes.raw(closingBracket);
    return true;
  };
}

/** For an element that is not null. */
function prepareElement(
  type: Exclude<GraphQLOutputType, { readonly ofType: unknown }> | GraphQLList<GraphQLOutputType>,
  where: string,
  selectionSets: readonly SelectionSetNode[],
  tools: WriterTools,
): Write {
  if (isListType(type)) return prepareList(type.ofType, where, selectionSets, tools);
  if (!isLeafType(type)) return prepareComposite(type, where, selectionSets, tools);
  const writeLeaf = prepareLeaf(type);
  const invalidMessage = `Invalid value found for element of ${where}.`;
  return function writeLeafElement(value, output) {
    if (writeLeaf(value, output.bytes)) return true;
    tellProblem(output, invalidMessage);
    return false;
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
  const invalidMessage = `Invalid value found for ${where}.`;
  return function writeComposite(value, output) {
    if (isObject(value)) {
      const writer = writerOf(value['__typename']);
      if (writer !== undefined) return writer(value, output);
    }
    tellProblem(output, invalidMessage);
    return false;
  };
}

function constant<T>(value: T): () => T {
  return () => value;
}

/** Writers of an interface's or union's objects, prepared when their type is met for the first time. */
function prepareByTypeName(
  type: GraphQLAbstractType,
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
    const writer = isObjectType(runtimeType)
      ? prepareObjectWriter(runtimeType, selectionSets, tools)
      : prepareUnknownWriter(runtimeType, selectionSets, tools);
    writers.set(typeName, writer);
    return writer;
  };
}

/** For objects of which only an interface is known: what was selected for it can be written, when nothing else was. */
function prepareUnknownWriter(
  type: GraphQLAbstractType,
  selectionSets: readonly SelectionSetNode[],
  tools: WriterTools,
): WriteObject {
  let isEnough = true;
  tools.collectFields(type, selectionSets, () => (isEnough = false));
  if (isEnough) return writeFields(prepareFields(type, selectionSets, tools));
  return function tellUnknown(_object, output) {
    tellProblem(output, unknownTypeMessage(type));
    return false;
  };
}

function unknownTypeMessage(type: GraphQLCompositeType): string {
  return `The type of an object of ${type.name} is not known.`;
}
