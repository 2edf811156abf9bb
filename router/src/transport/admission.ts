import { createHash } from 'node:crypto';
import type { GraphQLError } from 'graphql';
import { LRUCache } from 'lru-cache';
import { badRequest } from '../errors.ts';
import { createTextCheck, type LimitsSettings } from '../limits/limits.ts';
import { persistedIdIn, type OperationRequest } from '../pipeline/operation-request.ts';
import { idRequired, type PersistedOperations } from '../pipeline/persisted-operations.ts';
import { conditionAtSubscriptionRoot } from '../pipeline/subscription-roots.ts';

/** What was found about a text. */
interface Verdict {
  readonly refusal: GraphQLError | undefined;
}

/**
 * Decides whether an operation that isn't known may be parsed, validated and planned at all: it may have to be a listed one,
 * it may not be too large, and it may not be one that validation breaks off at. Verdicts are remembered, so that repeating a
 * bad text costs little.
 *
 * @returns why a request is refused, undefined when it isn't; most of what is malformed is left to Apollo Server
 */
export function createAdmission(
  persisted: PersistedOperations,
  limits: LimitsSettings,
): (request: OperationRequest) => GraphQLError | undefined {
  const sizeCheck = createTextCheck(limits);
  const verdicts = new LRUCache<string, Verdict>({
    max: 2_000,
    maxSize: 10_000_000,
    sizeCalculation: (_verdict, text) => text.length,
  });

  /** A text that is too large is not read any further. */
  const unreadable = (text: string) => sizeCheck(text) ?? conditionAtSubscriptionRoot(text);

  function refusalOfText(text: string): GraphQLError | undefined {
    let verdict = verdicts.get(text);
    if (verdict === undefined) {
      verdict = { refusal: persisted.refusal(text) ?? unreadable(text) };
      verdicts.set(text, verdict);
    }
    return verdict.refusal;
  }

  return function refusalOf(request) {
    const { query, extensions } = request;
    const id = persistedIdIn(request);
    if (id === undefined && extensions?.['persistedQuery']) {
      return badRequest('The extension "persistedQuery" needs the version 1 and a text as "sha256Hash".');
    }
    if (query !== undefined && query !== null) {
      if (!persisted.texts) return idRequired();
      const mixedUp = id !== undefined && id !== createHash('sha256').update(query).digest('hex');
      return mixedUp
        ? badRequest('The "sha256Hash" of a persisted query is not that of its text.')
        : refusalOfText(query);
    }
    const listed = id === undefined ? undefined : persisted.listed(id);
    // A text that a client registered was looked at when it came.
    return listed === undefined ? undefined : unreadable(listed);
  };
}
