import { setImmediate } from 'node:timers/promises';
import type { FormatError } from '@cafe-for-me/lib/errors';
import type { Logger } from '@cafe-for-me/lib/log';
import type { GrantPolicies } from './authorization/authorization-grants.ts';
import { authorized } from './authorization/authorization.ts';
import type { Connected } from './transport/connections.ts';
import { createExecutor } from './execute.ts';
import type { PersistedOperations } from './pipeline/persisted-operations.ts';
import { readOnlyRule } from './pipeline/read-only.ts';
import { startPipeline, type Pipeline } from './pipeline/pipeline.ts';
import type { Settings } from './config/settings.ts';
import type { LoadedSupergraph } from './supergraph.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import type { Upstream } from './subgraphs/upstream.ts';

/**
 * Everything that is made from one supergraph. A reload makes another one for what comes from then on; what is under way
 * finishes where it began.
 */
export interface Generation {
  readonly pipeline: Pipeline;
  /** By subgraph name. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  /** Something begins that needs it until it calls `leave`, once. */
  enter(): void;
  leave(): void;
  /** Nothing new enters. @returns when the last has left and everything is let go of */
  retire(): Promise<void>;
}

/** Gives the generation that serves at this moment, entered: whoever asks calls its `leave`. */
export type EnterGeneration = () => Generation;

/** @throws when the supergraph can't be served; `connected` is released then */
export async function createGeneration(parts: {
  graph: LoadedSupergraph;
  connected: Connected;
  formatError: FormatError;
  persisted: PersistedOperations;
  settings: Settings;
  grantPolicies: GrantPolicies | undefined;
  log: Logger;
  telemetry?: Telemetry | undefined;
}): Promise<Generation> {
  const { graph, connected, formatError, persisted, settings, grantPolicies, log, telemetry } = parts;
  let inside = 0;
  let lastLeft: (() => void) | undefined;

  async function started(): Promise<Pipeline> {
    try {
      // Each step takes a while, and the generation before serves meanwhile: its requests come through in between.
      await setImmediate();
      const all = createExecutor({ graph, fetches: connected.fetches, settings: settings.planner, telemetry });
      await setImmediate();
      const executor = authorized(all, { graph, settings: settings.authorization, grantPolicies, log });
      await setImmediate();
      const rules = [readOnlyRule];
      return await startPipeline({ graph, executor, formatError, persisted, settings, rules, log, telemetry });
    } catch (error) {
      await connected.release();
      throw error;
    }
  }

  const pipeline = await started();
  return {
    pipeline,
    upstreams: connected.upstreams,
    enter() {
      inside += 1;
    },
    leave() {
      inside -= 1;
      if (inside === 0) lastLeft?.();
    },
    async retire() {
      if (inside > 0) await new Promise<void>((resolve) => (lastLeft = resolve));
      await pipeline.stop();
      await connected.release();
    },
  };
}
