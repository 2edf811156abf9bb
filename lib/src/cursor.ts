import type { z } from 'zod';
import { badInput } from './errors.ts';

/** Turns the place of a row in its list into an opaque text. Holds JSON: texts, numbers, booleans, null, lists, objects. */
export function encodeCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place), 'utf8').toString('base64url');
}

/**
 * Reads a cursor back.
 *
 * @param cursor what the client gave, null and undefined for "from the start"
 * @param shape what `encodeCursor` was given, checked because a client can make cursors up
 * @param argument the argument's name, for the error
 * @returns the place, or undefined for no cursor
 * @throws GraphQLError BAD_USER_INPUT that names the argument
 */
export function decodeCursor<Place>(
  cursor: string | null | undefined,
  shape: z.ZodType<Place>,
  argument = 'after',
): Place | undefined {
  if (cursor === null || cursor === undefined) return undefined;
  const place = shape.safeParse(parsed(cursor));
  if (!place.success) throw badInput(`\`${argument}\` is not a cursor of this list.`, [argument]);
  return place.data;
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/**
 * How many rows a list may give.
 *
 * @returns `first`, or `fallback` when there is none
 * @throws GraphQLError BAD_USER_INPUT when it is below 1 or above `max`
 */
export function boundedFirst(first: number | null | undefined, max = 100, fallback = 20): number {
  const count = first ?? Math.min(fallback, max);
  if (!Number.isInteger(count) || count < 1 || count > max) {
    throw badInput(`\`first\` must be from 1 to ${max}.`, ['first']);
  }
  return count;
}

export interface Connection<Row> {
  edges: { node: Row; cursor: string }[];
  nodes: Row[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
}

/**
 * Makes a Relay connection out of rows that were asked for with `LIMIT first + 1`: the one too many says that there is more.
 *
 * @param cursorOf the place of a row, as given to `encodeCursor`
 * @param after the cursor that the page began after: with one, there is a page before
 */
export function connection<Row>(
  rows: readonly Row[],
  first: number,
  cursorOf: (row: Row) => unknown,
  after?: string | null,
): Connection<Row> {
  const nodes = rows.slice(0, first);
  const edges = nodes.map((node) => ({ node, cursor: encodeCursor(cursorOf(node)) }));
  return {
    edges,
    nodes,
    pageInfo: {
      hasNextPage: rows.length > first,
      hasPreviousPage: after !== null && after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
