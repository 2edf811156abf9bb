import { Kind, OperationTypeNode, type DocumentNode, type OperationDefinitionNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { OperationRequest } from './operation-request.ts';
import { textLength } from './planner.ts';

/** An operation that went through the whole pipeline before: it parses, is valid, and is no subscription. */
export interface KnownOperation {
  readonly queryHash: string;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

/** What Apollo Server writes for it, by the `accept` header of a request; others are its own business. */
const contentTypes: ReadonlyMap<string | undefined, string> = new Map([
  [undefined, 'application/json; charset=utf-8'],
  ['*/*', 'application/json; charset=utf-8'],
  ['application/json', 'application/json; charset=utf-8'],
  ['application/json, */*', 'application/json; charset=utf-8'],
  ['application/graphql-response+json', 'application/graphql-response+json; charset=utf-8'],
]);

/** A request that needs no more than the execution of what is known. */
export interface ShortRequest {
  readonly known: KnownOperation;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly contentType: string;
}

export interface KnownOperations {
  add(query: string, known: KnownOperation): void;
  /** @returns undefined for everything that is not certain to be a plain request for a known operation */
  shortRequest(request: {
    readonly method: string;
    readonly contentType: string | undefined;
    readonly accept: string | undefined;
    readonly body: unknown;
  }): ShortRequest | undefined;
}

/**
 * Remembers operations by their text, so that Apollo Server's pipeline is run for each text once and not for each request:
 * it costs a multiple of what the execution does.
 *
 * What depends on more than the text (who asks, how often) has no place in what is remembered.
 */
export function createKnownOperations(): KnownOperations {
  const byQuery = new LRUCache<string, KnownOperation>({ max: 2_000, maxSize: 20_000_000 });
  return {
    add(query, known) {
      const { document, operation } = known;
      // One of several is picked by name, which is Apollo Server's business.
      if (operation.operation === OperationTypeNode.SUBSCRIPTION || operationsIn(document) !== 1) return;
      byQuery.set(query, known, { size: textLength(document) });
    },
    shortRequest({ method, contentType: sent, accept, body }) {
      const contentType = contentTypes.get(accept);
      if (contentType === undefined || method !== 'POST' || !isPlainJson(sent) || !isRecord(body)) return undefined;
      const { query, operationName, variables, extensions } = body as { [name in keyof OperationRequest]: unknown };
      if (typeof query !== 'string' || !isRecordOrNothing(variables) || !isRecordOrNothing(extensions)) {
        return undefined;
      }
      if (extensions?.['persistedQuery'] !== undefined) return undefined;
      const known = byQuery.get(query);
      if (known === undefined) return undefined;
      const unnamed = operationName === undefined || operationName === null;
      if (!unnamed && operationName !== known.operation.name?.value) return undefined;
      return { known, variables: variables ?? undefined, contentType };
    },
  };
}

function isPlainJson(contentType: string | undefined): boolean {
  return contentType === 'application/json' || contentType === 'application/json; charset=utf-8';
}

function operationsIn(document: DocumentNode): number {
  return document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRecordOrNothing(value: unknown): value is Record<string, unknown> | null | undefined {
  return value === undefined || value === null || isRecord(value);
}
