import { badInput, forbidden, unauthenticated } from '@cafe-for-me/lib/errors';
import type { GraphQLError } from 'graphql';
import { Refusal } from '../application/refusal.ts';
import { unreachable } from '../domain/unreachable.ts';

/** The resolver, with the use cases' refusals turned into the errors of the graph. */
export function answering<Arguments extends unknown[], Result>(
  resolver: (...args: Arguments) => Result | Promise<Result>,
): (...args: Arguments) => Promise<Result> {
  return async function answer(...args) {
    try {
      return await resolver(...args);
    } catch (error) {
      throw error instanceof Refusal ? graphqlError(error) : error;
    }
  };
}

function graphqlError({ code, message, path }: Refusal): GraphQLError {
  switch (code) {
    case 'UNAUTHENTICATED':
      return unauthenticated(message);
    case 'FORBIDDEN':
      return forbidden(message);
    case 'BAD_USER_INPUT':
      return badInput(message, path);
    default:
      throw unreachable(code);
  }
}
