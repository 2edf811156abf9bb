import type { Weather } from './faults.ts';
import type { WorldData } from './world.ts';

/** An operation, run by our executor, by the stock gateway and by one whole schema. */
export interface Operation extends Weather {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Why the stock gateway answers otherwise than we do. The test fails when it does not. */
  readonly stock?: string;
}

/** A small supergraph that shows one feature: its subgraphs, the one world that they all speak of, and operations. */
export interface Fixture {
  readonly name: string;
  /** SDL by name of the subgraph; the `@link` of the federation specification is added. */
  readonly subgraphs: Readonly<Record<string, string>>;
  /** Made anew for each execution, so mutations may change it. */
  world(): WorldData;
  /**
   * Fields with `@requires`, by coordinate. `given` is what the field requires: in the subgraph the representation that came,
   * in the whole schema the same selection read from the world. So a wrong representation gives a wrong value.
   */
  readonly computed?: Readonly<Record<string, (given: AnyGiven, args: AnyGiven) => unknown>>;
  /** Arguments with `@fromContext`, by coordinate of the field: argument → type of the ancestor and the selection there. */
  readonly context?: Readonly<Record<string, Readonly<Record<string, readonly [type: string, field: string]>>>>;
  /** By what is interesting about them. */
  readonly operations: Readonly<Record<string, string | Operation>>;
  /** Why we may say less than stock while a subgraph is down. */
  readonly less?: string;
  /** Why generated operations of this fixture are run without faults of fields. */
  readonly faultless?: string;
}

/** Data of a fixture's own form. */
// oxlint-disable-next-line typescript/no-explicit-any -- see above
export type AnyGiven = any;

export function operationOf(given: string | Operation): Operation {
  return typeof given === 'string' ? { query: given } : given;
}
