/**
 * The short way for operations that one fetch answers whole: what the subgraph says is compared with the form that the
 * answer must have, and when it has exactly that form it is the answer. Nothing is believed of the subgraph: what differs
 * in the least (another order, a null too many, an unknown enum value) is left to the gateway's own shaping.
 */
import {
  isAbstractType,
  isEnumType,
  isIDType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isStringType,
  isValidLeafValue,
  typenameFieldName,
  type ObjectType,
  type Operation,
  type SelectionSet,
  type Type,
} from '@apollo/federation-internals';
import type { FetchNode, QueryPlan } from '@apollo/query-planner';

type Check = (value: unknown) => boolean;

/** A fetch whose answer may be the client's answer as it is. */
export interface PassThrough {
  readonly node: FetchNode;
  /** The request to the subgraph, as JSON. */
  body(variables: Readonly<Record<string, unknown>> | undefined): string;
  /** Whether shaping `data` would give `data` again, key for key and in this order. */
  fits(data: unknown): data is Record<string, unknown>;
}

/** @returns undefined when the answer needs more than one fetch, or its form depends on more than the operation */
export function passThroughOf(plan: QueryPlan, operation: Operation): PassThrough | undefined {
  const { node } = plan;
  if (node?.kind !== 'Fetch' || node.requires !== undefined || (node.outputRewrites?.length ?? 0) > 0) return undefined;
  const root = operation.schema().schemaDefinition.rootType(operation.rootKind);
  const fits = root === undefined ? undefined : objectCheck([operation.selectionSet], root, true);
  if (fits === undefined) return undefined;

  const names = node.variableUsages ?? [];
  const start = `${JSON.stringify({ query: node.operation, operationName: node.operationName }).slice(0, -1)},"variables":{`;
  return {
    node,
    body(variables) {
      let text = start;
      let separator = '';
      for (const name of names) {
        if (variables === undefined || !Object.hasOwn(variables, name) || variables[name] === undefined) continue;
        text += `${separator}"${name}":${JSON.stringify(variables[name])}`;
        separator = ',';
      }
      return `${text}}}`;
    },
    fits: fits as PassThrough['fits'],
  };
}

/** The selections of one field, wherever in the operation it is selected. */
interface Selected {
  readonly name: string;
  readonly type: Type | undefined;
  readonly selectionSets: SelectionSet[];
}

/** @param selectionSets of one object; together they say its keys, in the order in which they are first named */
function objectCheck(selectionSets: readonly SelectionSet[], type: ObjectType, isRoot = false): Check | undefined {
  const fields = new Map<string, Selected>();
  if (!selectionSets.every((one) => collect(one, type, fields))) return undefined;
  const keys = [...fields.keys()];
  const checks: Check[] = [];
  for (const { name, type: fieldType, selectionSets: below } of fields.values()) {
    // Subgraphs are not asked for the root's name.
    if (name === typenameFieldName && isRoot) return undefined;
    const check = name === typenameFieldName ? isText(type.name) : valueCheck(fieldType, below);
    if (check === undefined) return undefined;
    checks.push(check);
  }
  return function isSuchAnObject(value) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    let index = 0;
    for (const key in value) {
      if (key !== keys[index] || !checks[index]!((value as Record<string, unknown>)[key])) return false;
      index += 1;
    }
    return index === keys.length;
  };
}

/** @returns false when what is selected depends on variables or on the type of the object at run time */
function collect(selectionSet: SelectionSet, type: ObjectType, fields: Map<string, Selected>): boolean {
  for (const selection of selectionSet.selections()) {
    if (selection.element.appliedDirectives.length > 0) return false;
    if (selection.kind === 'FragmentSelection') {
      const condition = selection.element.typeCondition;
      if (condition !== undefined && condition.name !== type.name) return false;
      if (!collect(selection.selectionSet, type, fields)) return false;
      continue;
    }
    const field = selection.element;
    const responseName = field.responseName();
    // A key of that name says which type an object has, whatever else a client may call so.
    if (responseName === typenameFieldName && field.name !== typenameFieldName) return false;
    if (field.definition.isSchemaIntrospectionField()) return false;
    const below = selection.selectionSet === undefined ? [] : [selection.selectionSet];
    const known = fields.get(responseName);
    if (known !== undefined) known.selectionSets.push(...below);
    else fields.set(responseName, { name: field.name, type: field.definition.type, selectionSets: below });
  }
  return true;
}

function valueCheck(type: Type | undefined, selectionSets: readonly SelectionSet[]): Check | undefined {
  if (type === undefined) return undefined;
  if (!isNonNullType(type)) {
    const check = presentCheck(type, selectionSets);
    return check && ((value) => value === null || check(value));
  }
  return presentCheck(type.ofType, selectionSets);
}

/** For values that are not null. */
function presentCheck(type: Type, selectionSets: readonly SelectionSet[]): Check | undefined {
  if (isListType(type)) {
    const check = valueCheck(type.ofType, selectionSets);
    return check && ((value) => Array.isArray(value) && value.every(check));
  }
  if (isObjectType(type)) return objectCheck(selectionSets, type);
  // The planner asks for the type's name beside what the client asked for: only where nothing is there, nothing differs.
  if (isAbstractType(type)) return () => false;
  if (!isScalarType(type) && !isEnumType(type)) return undefined;
  const schema = type.schema();
  const anyText = isStringType(type) || isIDType(type);
  return (value) => (anyText && typeof value === 'string') || (value !== null && isValidLeafValue(schema, value, type));
}

function isText(text: string): Check {
  return (value) => value === text;
}
