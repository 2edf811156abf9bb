import { GraphQLError } from 'graphql';
import type { Caller } from '../authorization/identity.ts';

/** Counts the subscriptions of each caller. */
export interface Callers {
  /** @param address where a caller without a token comes from. @returns what to count it by; undefined when it has too many */
  enter(caller: Caller, address: string): string | undefined;
  leave(countedBy: string): void;
}

export function createCallers(most: number | null): Callers {
  const counts = new Map<string, number>();
  return {
    enter({ claims }, address) {
      if (most === null) return '';
      const name = claims === null ? `address:${address}` : `subject:${String(claims['iss'])}:${String(claims['sub'])}`;
      const count = counts.get(name) ?? 0;
      if (count >= most) return undefined;
      counts.set(name, count + 1);
      return name;
    },
    leave(name) {
      const count = counts.get(name);
      if (count === undefined) return;
      if (count === 1) counts.delete(name);
      else counts.set(name, count - 1);
    },
  };
}

export function tooManySubscriptions(): GraphQLError {
  return new GraphQLError('You have too many subscriptions; end some before you begin others.', {
    extensions: { code: 'SUBSCRIPTION_LIMIT_EXCEEDED' },
  });
}
