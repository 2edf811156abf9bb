import { RateLimiterClusterMaster } from 'rate-limiter-flexible';

/** Counts operations for all worker processes of this one, as they ask for it; to be called before they start. */
export function countForWorkers(): void {
  void new RateLimiterClusterMaster();
}
