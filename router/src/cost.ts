import type { LimitsSettings } from './limits.ts';
import type { OperationRule } from './request-checks.ts';
import type { LoadedSupergraph } from './supergraph.ts';

export function createCostRule(_graph: LoadedSupergraph, _settings: LimitsSettings['cost']): OperationRule[] {
  return [];
}
