import { setImmediate } from 'node:timers/promises';
import type { Caller } from '../authorization/identity.ts';
import type { Pipeline } from './pipeline.ts';

/**
 * Gets operations ready in a pipeline that is about to serve, one at a time so that requests come through in between: planning
 * one takes many times as long as answering it. What the new supergraph doesn't allow any more is left out.
 *
 * @param texts the most wanted first
 */
export async function rehearse(pipeline: Pipeline, texts: readonly string[], caller: Caller): Promise<void> {
  const context = { requestId: 'reload', traceparent: undefined, caller, headers: {} };
  // The last one got ready is the last to be forgotten.
  for (const text of texts.toReversed()) {
    // Whoever asks for it will hear what is wrong with it.
    await pipeline.rehearse(text, context).catch(() => undefined);
    await setImmediate();
  }
}
