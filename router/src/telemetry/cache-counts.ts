/** What is told of one cache of the router. Whoever keeps the cache counts; generations that follow each other count on. */
export class CacheCounts {
  hits = 0;
  misses = 0;
  /** How many entries it has at this moment. */
  entries: () => number = () => 0;
}

/** The caches that clients fill, by the names under which their counts are told. */
export interface CachesCounts {
  /** Operations that need neither parsing nor validation any more. */
  readonly operations: CacheCounts;
  /** Parsed and validated documents, by their texts' hashes. */
  readonly documents: CacheCounts;
  readonly plans: CacheCounts;
}

export function createCachesCounts(): CachesCounts {
  return { operations: new CacheCounts(), documents: new CacheCounts(), plans: new CacheCounts() };
}
