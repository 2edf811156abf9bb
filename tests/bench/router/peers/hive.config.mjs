// @ts-nocheck: its packages are not among ours
/** Hive Gateway's own configuration file. BENCH_PLANNER: js or rust; BENCH_SHARING: as-shipped or off. */
import { defineConfig } from '@graphql-hive/gateway';
import { unifiedGraphHandler } from '@graphql-hive/router-runtime';

export const gatewayConfig = defineConfig({
  ...(process.env.BENCH_PLANNER === 'rust' && { unifiedGraphHandler }),
  ...(process.env.BENCH_SHARING === 'off' && {
    transportEntries: { '*.http': { options: { deduplicateInflightRequests: false } } },
  }),
});
