import { badInput } from '@cafe-for-me/lib/errors';
import { dateTime, safeInt } from '@cafe-for-me/lib/scalars';
import { GraphQLScalarType, Kind } from 'graphql';

function text(value: unknown): string {
  if (typeof value !== 'string') throw badInput('BusinessDate must be a text as yyyymmdd, e.g. "20200514".');
  return value;
}

/**
 * A text, here. Whether it is a date the use cases say: a scalar's refusal of a literal would come back as a document that is
 * not valid, and of a variable as bad input; the caller should be told the same of both.
 */
const businessDate = new GraphQLScalarType<string, string>({
  name: 'BusinessDate',
  serialize: text,
  parseValue: text,
  parseLiteral: (node) => text(node.kind === Kind.STRING ? node.value : undefined),
});

export const scalars = { Won: safeInt({ name: 'Won' }), DateTime: dateTime, BusinessDate: businessDate };
