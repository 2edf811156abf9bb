/** Knobs: what a test or a person turns to make a simulator decline, fail, hang or lose its answers. */
import { z } from 'zod';
import { checked, ok, type Routes } from './http.ts';

export interface Knobs<T> {
  /** The present setting. */
  readonly now: Readonly<T>;
  /** Changes some knobs from within, for example when a mode has run its course. */
  turn(change: Partial<T>): void;
  reset(): void;
  /** `GET /knobs`, `PUT /knobs` (a part of the knobs as JSON; unknown names are refused). */
  readonly routes: Routes;
}

/** Milliseconds that pass before a call is worked on; the work is done even when the caller has left by then. */
export const latencyMs = z.int().min(0).max(600_000);

/**
 * @param shape each knob's values
 * @param initial the knobs at the start and after a reset
 * @param completed adds what a change implies, such as a counter that ends when its mode is replaced
 */
export function createKnobs<Shape extends z.ZodRawShape>(
  shape: Shape,
  initial: z.output<z.ZodObject<Shape>>,
  completed: (change: Partial<z.output<z.ZodObject<Shape>>>) => Partial<z.output<z.ZodObject<Shape>>> = (change) =>
    change,
): Knobs<z.output<z.ZodObject<Shape>>> {
  type Setting = z.output<z.ZodObject<Shape>>;
  const change = z.strictObject(shape).partial() as unknown as z.ZodType<Partial<Setting>>;
  let now = initial;
  const turn = (by: Partial<Setting>): void => void (now = { ...now, ...by });
  return {
    get now() {
      return now;
    },
    turn,
    reset: () => void (now = initial),
    routes: {
      'GET /knobs': () => ok(now),
      'PUT /knobs': ({ body }) => {
        turn(completed(checked(change, body)));
        return ok(now);
      },
    },
  };
}

/** Runs `work` after `ms`; at once, without a timer, when it is 0. */
export function after<T>(ms: number, work: () => T): T | Promise<T> {
  if (ms === 0) return work();
  return new Promise((resolve, reject) => {
    setTimeout(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error);
      }
    }, ms);
  });
}
