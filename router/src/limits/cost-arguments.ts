import {
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  valueFromASTUntyped,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type OperationDefinitionNode,
  type ValueNode,
} from 'graphql';
import type { Amount, Calculation } from './cost-sum.ts';
import type { CostWeights } from './cost-weights.ts';
import type { Variables } from '../planning/variables.ts';

/** Gives a variable's value, or its default; undefined when there is neither. */
export type ReadVariable = (variables: Variables, name: string) => unknown;

export function variablesOf({ variableDefinitions = [] }: OperationDefinitionNode): ReadVariable {
  const defaults = new Map(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)] as const],
    ),
  );
  return function read(variables, name) {
    return Object.hasOwn(variables, name) ? variables[name] : defaults.get(name);
  };
}

/** What the arguments of a field cost: each value its weight, of objects also what is in them. */
export function createArgumentCost(
  weights: CostWeights,
  calculation: Calculation,
  read: ReadVariable,
): (field: GraphQLField<unknown, unknown>, node: FieldNode) => Amount {
  type Definition = GraphQLArgument | GraphQLInputField;

  function ofValue(definition: Definition, type: GraphQLInputType, value: unknown): number {
    if (value === null || value === undefined) return 0;
    if (isNonNullType(type)) return ofValue(definition, type.ofType, value);
    if (isListType(type)) {
      if (!Array.isArray(value)) return ofValue(definition, type.ofType, value);
      let total = 0;
      for (const item of value) total += ofValue(definition, type.ofType, item);
      return total;
    }
    const own = weights.ofInput(definition);
    if (!isInputObjectType(type) || typeof value !== 'object') return own;
    const fields = type.getFields();
    let total = own;
    for (const name in value) {
      const field = fields[name];
      if (field !== undefined) total += ofValue(field, field.type, (value as Variables)[name]);
    }
    return total;
  }

  function ofNode(definition: Definition, node: ValueNode): Amount {
    const named = getNamedType(definition.type);
    if (!isInputObjectType(named) && weights.ofInput(definition) === 0) return 0;
    switch (node.kind) {
      case Kind.VARIABLE: {
        const name = node.name.value;
        return calculation.fromVariables((variables) => ofValue(definition, definition.type, read(variables, name)));
      }
      case Kind.LIST:
        return calculation.sum(node.values.map((value) => ofNode(definition, value)));
      case Kind.OBJECT: {
        const fields = isInputObjectType(named) ? named.getFields() : {};
        const inside = node.fields.map(({ name, value }) => {
          const field = fields[name.value];
          return field === undefined ? 0 : ofNode(field, value);
        });
        return calculation.sum([weights.ofInput(definition), ...inside]);
      }
      case Kind.NULL:
        return 0;
      case Kind.BOOLEAN:
      case Kind.ENUM:
      case Kind.FLOAT:
      case Kind.INT:
      case Kind.STRING:
        return weights.ofInput(definition);
    }
  }

  return function ofArguments(field, node) {
    const amounts = (node.arguments ?? []).map(function ofArgument({ name, value }) {
      const definition = field.args.find((argument) => argument.name === name.value);
      return definition === undefined ? 0 : ofNode(definition, value);
    });
    return calculation.sum(amounts);
  };
}
