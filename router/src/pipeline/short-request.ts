import type { HTTPGraphQLResponse } from '@apollo/server';
import { OperationTypeNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { HttpRequest } from './operation-request.ts';

/** Whoever says more than this about what it accepts has to wait a little longer for it. */
const longestAccept = 500;

export interface ShortRequests {
  /**
   * Says whether a well-formed request of a known operation may pass Apollo Server by.
   *
   * @returns the content type of its answer, or undefined when it may not, or not for certain
   */
  contentTypeOf(request: HttpRequest, type: OperationTypeNode): string | undefined;
  /** Apollo Server answered: the same `accept` gets the same content type from now on. */
  learn(request: HttpRequest, answer: HTTPGraphQLResponse): void;
}

export function createShortRequests(): ShortRequests {
  const contentTypes = new LRUCache<string, string>({ max: 200 });
  return {
    contentTypeOf({ method, headers }, type) {
      // A browser sends no JSON to another site without asking it first, but it does send such a GET.
      if (method === 'GET') {
        if (type !== OperationTypeNode.QUERY) return undefined;
        const sent = headers['content-type'];
        const asked = sent === undefined ? isAskedFor(headers) : sent === 'application/json';
        if (!asked) return undefined;
      }
      return contentTypes.get(headers.accept ?? '');
    },
    learn({ headers: { accept = '' } }, { status = 200, headers }) {
      const contentType = headers.get('content-type');
      if (status === 200 && contentType !== undefined && accept.length <= longestAccept) {
        contentTypes.set(accept, contentType);
      }
    },
  };
}

/** One of the headers that Apollo Server's CSRF prevention wants to see. */
function isAskedFor(headers: HttpRequest['headers']): boolean {
  return !!headers['apollo-require-preflight'] || !!headers['x-apollo-operation-name'];
}
