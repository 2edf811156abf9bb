import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { GraphQLDateTimeISO, GraphQLSafeInt, RegularExpression } from 'graphql-scalars';

/**
 * A whole number up to 2^53 − 1, which GraphQL's own `Int` (32 bits) can't hold. A `bigint` may be returned by resolvers.
 *
 * @param options.name the scalar's name in the SDL
 * @param options.min the least value that a client may send; none when absent
 */
export function safeInt(options: { name: string; min?: number }): GraphQLScalarType<number, number> {
  const { name, min = Number.MIN_SAFE_INTEGER } = options;
  function atLeastMin(value: number): number {
    if (value < min) throw new GraphQLError(`${name} must be at least ${min}, not ${value}.`);
    return value;
  }
  return new GraphQLScalarType<number, number>({
    ...GraphQLSafeInt.toConfig(),
    name,
    description: `A whole number between ${min} and ${Number.MAX_SAFE_INTEGER}.`,
    serialize: (value) => GraphQLSafeInt.serialize(typeof value === 'bigint' ? Number(value) : value),
    parseValue: (value) => atLeastMin(GraphQLSafeInt.parseValue(value) as number),
    parseLiteral: (node: ValueNode) => {
      if (node.kind !== Kind.INT) throw new GraphQLError(`${name} must be a whole number.`, { nodes: node });
      return atLeastMin(GraphQLSafeInt.parseLiteral(node, {}) as number);
    },
  });
}

/** `DateTime`: ISO 8601 in UTC on the wire; a Date inside. */
export const dateTime = new GraphQLScalarType<Date, string>({
  ...(GraphQLDateTimeISO.toConfig() as ConstructorParameters<typeof GraphQLScalarType<Date, string>>[0]),
  name: 'DateTime',
  description: 'An instant in ISO 8601, UTC, e.g. 2020-05-14T06:30:00.000Z.',
});

/** A text of one pattern, e.g. `patternString({ name: 'Code', pattern: /^[0-9]{8}$/ })`. */
export function patternString(options: {
  name: string;
  pattern: RegExp;
  description?: string;
}): GraphQLScalarType<string, string> {
  const { name, pattern, description = `A text of the pattern ${pattern.source}` } = options;
  const scalar = new RegularExpression(name, pattern, {
    stringOnly: true,
    errorMessage: (_, value) => `${name} must be of the pattern ${pattern.source}, not ${JSON.stringify(value)}.`,
  });
  return new GraphQLScalarType<string, string>({
    ...(scalar.toConfig() as ConstructorParameters<typeof GraphQLScalarType<string, string>>[0]),
    description,
    parseValue: (value) => {
      // `stringOnly` of graphql-scalars looks at literals only: a number in the variables would pass as a number.
      if (typeof value !== 'string') throw new GraphQLError(`${name} must be a text.`);
      return scalar.parseValue(value) as string;
    },
  });
}
