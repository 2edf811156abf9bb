import {
  getVariableValues,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  Kind,
  typeFromAST,
  GraphQLError,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
} from 'graphql';

export type Variables = Readonly<Record<string, unknown>>;

type Check = (value: unknown) => boolean;

/** Says what is wrong with the variables of an operation, undefined when nothing is. */
export type VariablesCheck = (variables: Variables | undefined) => readonly GraphQLError[] | undefined;

/**
 * Prepares the check of an operation's variables.
 *
 * Good variables are the rule, and graphql-js builds coerced copies with paths only to find that nothing is wrong. So a plain
 * test comes first; graphql-js is asked when it does not say yes, and has the last word.
 *
 * Subgraphs get variables as they came, and coerce them in turn: their operations declare the same types and defaults.
 *
 * @param conditions names of the variables that `@skip` and `@include` depend on: a value of null, which their type may allow
 *   when there is a default, would leave it open whether a field is there
 */
export function createVariablesCheck(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  conditions: readonly string[] = [],
): VariablesCheck {
  const definitions = operation.variableDefinitions ?? [];
  if (definitions.length === 0) return () => undefined;
  const inputObjects = new Map<GraphQLInputObjectType, Check>();

  const tests = definitions.map(function testOf({ variable, type: typeNode, defaultValue }): Check {
    const name = variable.name.value;
    const type = typeFromAST(schema, typeNode);
    if (type === undefined || !isInputType(type)) return () => false;
    const test = testOfType(type, inputObjects);
    const mayMiss = defaultValue !== undefined || !isNonNullType(type);
    return function isGood(variables) {
      const given = variables as Variables;
      return Object.hasOwn(given, name) ? test(given[name]) : mayMiss;
    };
  });

  const openConditions = definitions.filter(
    ({ variable, type }) => conditions.includes(variable.name.value) && type.kind !== Kind.NON_NULL_TYPE,
  );

  return function wrongVariables(variables = {}) {
    if (!tests.every((isGood) => isGood(variables))) {
      const { errors } = getVariableValues(schema, definitions, variables, { maxErrors: 20 });
      if (errors !== undefined) return errors;
    }
    const open = openConditions.find(({ variable }) => variables[variable.name.value] === null);
    return open && [conditionIsNull(open)];
  };
}

function conditionIsNull(definition: VariableDefinitionNode): GraphQLError {
  const name = definition.variable.name.value;
  return new GraphQLError(`Variable "$${name}" is a condition of @skip or @include; it must not be null.`, {
    nodes: definition,
  });
}

/** True only for values that are surely right; false leaves it open. */
function testOfType(type: GraphQLInputType, inputObjects: Map<GraphQLInputObjectType, Check>): Check {
  if (isNonNullType(type)) {
    const test = testOfType(type.ofType, inputObjects);
    return (value) => value !== null && value !== undefined && test(value);
  }
  if (isListType(type)) {
    const test = testOfType(type.ofType, inputObjects);
    return (value) => value === null || (Array.isArray(value) && value.every(test));
  }
  if (isInputObjectType(type)) return testOfObject(type, inputObjects);
  if (isEnumType(type)) return (value) => value === null || (typeof value === 'string' && !!type.getValue(value));
  const test = scalarTests.get(type.name);
  return test === undefined ? () => false : (value) => value === null || test(value);
}

const scalarTests: ReadonlyMap<string, Check> = new Map([
  ['String', (value: unknown) => typeof value === 'string'],
  ['ID', (value: unknown) => typeof value === 'string'],
  ['Boolean', (value: unknown) => typeof value === 'boolean'],
  ['Int', (value: unknown) => typeof value === 'number' && (value | 0) === value],
  ['Float', (value: unknown) => typeof value === 'number' && Number.isFinite(value)],
]);

function testOfObject(type: GraphQLInputObjectType, inputObjects: Map<GraphQLInputObjectType, Check>): Check {
  const known = inputObjects.get(type);
  if (known !== undefined) return known;
  const tests = new Map<string, Check>();
  const required: string[] = [];

  function isGood(value: unknown): boolean {
    if (value === null) return true;
    if (typeof value !== 'object' || Array.isArray(value) || type.isOneOf) return false;
    for (const key in value) {
      const test = tests.get(key);
      if (test === undefined || !test((value as Variables)[key])) return false;
    }
    return required.every((name) => Object.hasOwn(value, name));
  }

  // Before its fields are looked at: they may be of this same type.
  inputObjects.set(type, isGood);
  for (const field of Object.values(type.getFields())) {
    tests.set(field.name, testOfType(field.type, inputObjects));
    if (isRequiredInputField(field)) required.push(field.name);
  }
  return isGood;
}
