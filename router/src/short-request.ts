import { OperationTypeNode } from 'graphql';
import type { HttpRequest } from './operation-request.ts';

/** What Apollo Server writes, by the `accept` header of a request; others are its own business. */
const contentTypes: ReadonlyMap<string | undefined, string> = new Map([
  [undefined, 'application/json; charset=utf-8'],
  ['*/*', 'application/json; charset=utf-8'],
  ['application/json', 'application/json; charset=utf-8'],
  ['application/json, */*', 'application/json; charset=utf-8'],
  ['application/graphql-response+json', 'application/graphql-response+json; charset=utf-8'],
]);

/**
 * Says whether a well-formed request of a known operation may pass Apollo Server by.
 *
 * @returns the content type of its answer, or undefined when it may not, or not for certain
 */
export function contentTypeOfShort({ method, headers }: HttpRequest, type: OperationTypeNode): string | undefined {
  // A browser sends no JSON to another site without asking it first, but it does send such a GET.
  if (method === 'GET') {
    if (type !== OperationTypeNode.QUERY) return undefined;
    const sent = headers['content-type'];
    const asked = sent === undefined ? isAskedFor(headers) : sent === 'application/json';
    if (!asked) return undefined;
  }
  return contentTypes.get(headers.accept);
}

/** One of the headers that Apollo Server's CSRF prevention wants to see. */
function isAskedFor(headers: HttpRequest['headers']): boolean {
  return !!headers['apollo-require-preflight'] || !!headers['x-apollo-operation-name'];
}
