import type { GraphQLError } from 'graphql';
import { z } from 'zod';
import { boundedFirst, connection, decodeCursor, encodeCursor } from './cursor.ts';

const shape = z.tuple([z.string(), z.number()]);

function errorOf(work: () => unknown): GraphQLError {
  try {
    work();
  } catch (error) {
    return error as GraphQLError;
  }
  throw new Error('It did not throw.');
}

describe('a cursor', () => {
  it('gives back the place that it was made from', () => {
    const cursor = encodeCursor(['2020-05-14T00:00:00.000Z', 7]);
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decodeCursor(cursor, shape)).toEqual(['2020-05-14T00:00:00.000Z', 7]);
  });

  it('may be absent', () => {
    expect(decodeCursor(null, shape)).toBeUndefined();
    expect(decodeCursor(undefined, shape)).toBeUndefined();
  });

  it.each([['nonsense'], [''], [encodeCursor(['a'])], [encodeCursor({ a: 1 })], ['%%%']])(
    'that nobody gave out (%j) is the caller’s mistake, and the argument is named',
    (cursor) => {
      const error = errorOf(() => decodeCursor(cursor, shape, 'before'));
      expect(error.extensions).toEqual({ code: 'BAD_USER_INPUT', argumentPath: ['before'] });
      expect(error.message).toContain('`before`');
    },
  );
});

describe('the length of a list', () => {
  it('is what was asked for, or the default', () => {
    expect(boundedFirst(7)).toBe(7);
    expect(boundedFirst(null)).toBe(20);
    expect(boundedFirst(undefined, 10)).toBe(10);
  });

  it.each([[0], [-1], [101], [1.5]])('can not be %d', (first) => {
    expect(errorOf(() => boundedFirst(first)).extensions['code']).toBe('BAD_USER_INPUT');
  });
});

describe('a connection', () => {
  it('drops the row too many and says that there is a next page', () => {
    const page = connection([{ id: 1 }, { id: 2 }, { id: 3 }], 2, (row) => row.id);
    expect(page.nodes).toEqual([{ id: 1 }, { id: 2 }]);
    expect(page.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: encodeCursor(1),
      endCursor: encodeCursor(2),
    });
    expect(decodeCursor(page.edges[1]?.cursor, z.number())).toBe(2);
  });

  it('without rows has no cursors', () => {
    expect(connection([], 2, () => 0, encodeCursor(9)).pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: true,
      startCursor: null,
      endCursor: null,
    });
  });
});
