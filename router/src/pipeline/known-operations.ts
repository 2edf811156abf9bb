import { Kind, type DocumentNode, type OperationDefinitionNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import { CacheCounts } from '../telemetry/cache-counts.ts';
import { persistedIdIn, type OperationRequest } from './operation-request.ts';
import { textLength } from '../planning/planner.ts';
import type { RequestCheck } from '../limits/request-checks.ts';

/** An operation that went through the whole pipeline before: it parses, is valid and is allowed. */
export interface KnownOperation {
  readonly queryHash: string;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** What is still to be asked of each request. */
  readonly check: RequestCheck | undefined;
}

export interface KnownOperations {
  /** @param text what the client sent, or what its hash or id stood for */
  add(request: OperationRequest, text: string, known: KnownOperation): void;
  /** The texts of the operations that were asked for last, at most so many; the last one first. */
  latest(count: number): readonly string[];
  /** @returns undefined for everything that is not certain to be a plain request for a known operation */
  find(request: OperationRequest): KnownOperation | undefined;
}

/**
 * Remembers operations by their text, and by the hash or id that clients send in its place, so that Apollo Server's pipeline
 * is run for each text once and not for each request: it costs a multiple of what the execution does.
 *
 * What depends on more than the text (who asks, how often) has no place in what is remembered.
 *
 * @param options.texts whether clients may send texts; else they must send ids. @default true
 */
export function createKnownOperations(
  options: { texts?: boolean; counts?: CacheCounts | undefined } = {},
): KnownOperations {
  const { texts = true, counts = new CacheCounts() } = options;
  const limits = { max: 2_000, maxSize: 20_000_000 };
  const byText = new LRUCache<string, KnownOperation>(limits);
  const byId = new LRUCache<string, KnownOperation>(limits);
  counts.entries = () => byText.size + byId.size;

  function lookUp(request: OperationRequest): KnownOperation | undefined {
    const { query, extensions } = request;
    if (extensions?.['persistedQuery'] === undefined) {
      return texts && typeof query === 'string' ? byText.get(query) : undefined;
    }
    // A text beside its hash has to be compared with it, and registered.
    if (!isAbsent(query)) return undefined;
    const id = persistedIdIn(request);
    return id === undefined ? undefined : byId.get(id);
  }

  return {
    add(request, text, known) {
      const { document } = known;
      // One of several is picked by name, which is Apollo Server's business.
      if (operationsIn(document) !== 1) return;
      const size = textLength(document);
      if (texts) byText.set(text, known, { size });
      // A hash beside a text may be about to be registered, or not to be.
      const id = isAbsent(request.query) ? persistedIdIn(request) : undefined;
      if (id !== undefined) byId.set(id, known, { size: size + id.length });
    },
    latest(count) {
      const texts: string[] = [];
      for (const text of byText.keys()) {
        if (texts.length >= count) break;
        texts.push(text);
      }
      return texts;
    },
    find(request) {
      const known = lookUp(request);
      if (known === undefined) {
        counts.misses += 1;
        return undefined;
      }
      counts.hits += 1;
      const { operationName } = request;
      return isAbsent(operationName) || operationName === known.operation.name?.value ? known : undefined;
    },
  };
}

function isAbsent(value: string | null | undefined): boolean {
  return value === undefined || value === null;
}

function operationsIn(document: DocumentNode): number {
  return document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length;
}
