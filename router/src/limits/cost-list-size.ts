import { GraphQLError, Kind, valueFromASTUntyped, type FieldNode, type GraphQLField } from 'graphql';
import type { ReadVariable } from './cost-arguments.ts';
import type { Amount, Calculation } from './cost-sum.ts';
import type { ListSize } from './cost-weights.ts';
import type { Variables } from '../planning/variables.ts';

/** Says that a field lacks the argument that tells how much is asked for, or has too many of them. */
export type SlicingCheck = (variables: Variables) => GraphQLError | undefined;

/**
 * How long a list may be: the largest of the slicing arguments that are given, else of their defaults, else what is assumed.
 *
 * @param otherwise where nothing is known
 * @param needs is told what has to be asked of each request
 */
export function lengthOf(
  listSize: ListSize,
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  parts: { calculation: Calculation; read: ReadVariable; otherwise: number; needs(check: SlicingCheck): void },
): Amount {
  const { calculation, read, otherwise, needs } = parts;
  const { assumedSize, slicingArguments, requireOneSlicingArgument } = listSize;
  const definitions = field.args.filter(({ name }) => slicingArguments.includes(name));
  const defaults = definitions.map(({ defaultValue }) => defaultValue).filter(isLength);
  const length = defaults.length > 0 ? Math.max(...defaults) : (assumedSize ?? otherwise);
  const nodes = (node.arguments ?? []).filter(({ name }) => slicingArguments.includes(name.value));
  const given = nodes.map(function reader({ value }): (variables: Variables) => unknown {
    if (value.kind === Kind.VARIABLE) return (variables) => read(variables, value.name.value);
    const constant = valueFromASTUntyped(value);
    return () => constant;
  });

  if (requireOneSlicingArgument && slicingArguments.length > 0) {
    needs(function checkSlicing(variables) {
      const count = given.filter((valueOf) => valueOf(variables) !== null && valueOf(variables) !== undefined).length;
      if (count === 1 || (count === 0 && defaults.length === 1)) return undefined;
      return new GraphQLError(
        `The field "${field.name}" needs exactly one of the arguments ${slicingArguments.map((name) => `"${name}"`).join(', ')}, but has ${count}: they say how much it costs.`,
        { nodes: node, extensions: { code: 'OPERATION_SLICING_ARGUMENT_REQUIRED', http: { status: 400 } } },
      );
    });
  }

  function longest(variables: Variables): number {
    const lengths = given.map((valueOf) => valueOf(variables)).filter(isLength);
    return lengths.length > 0 ? Math.max(...lengths) : length;
  }
  return nodes.some(({ value }) => value.kind === Kind.VARIABLE) ? calculation.fromVariables(longest) : longest({});
}

function isLength(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}
