import { setImmediate } from 'node:timers/promises';
import type { GraphQLResolveInfo } from 'graphql';
import { noFaults, type Faults } from './faults.ts';
import { createRandom } from './random.ts';
import { createWorld, type World, type WorldData } from './world.ts';

/** One execution: its own world, and what goes wrong in it. */
export interface Run {
  readonly world: World;
  readonly faults: Faults;
  /** Subgraphs that don't answer. */
  readonly down: ReadonlySet<string>;
  /** They say so in GraphQL. */
  readonly refusing: boolean;
  /** Lets a subgraph take its time: others may overtake it. */
  late(): Promise<void>;
  /** Subgraphs that were asked for something. */
  readonly reached: Set<string>;
  /** Where fields failed, as JSON of the path: every place that an error may rightly have. */
  readonly failed: Set<string>;
}

export function createRun(
  data: WorldData,
  weather: { faults?: Faults; down?: Iterable<string>; refusing?: boolean; lateness?: string } = {},
): Run {
  const { faults = noFaults, down = [], refusing = false, lateness } = weather;
  const random = lateness === undefined ? undefined : createRandom(lateness);
  return {
    world: createWorld(data),
    faults,
    down: new Set(down),
    refusing,
    async late() {
      for (let turns = random?.integer(4) ?? 0; turns > 0; turns -= 1) await setImmediate();
    },
    reached: new Set(),
    failed: new Set(),
  };
}

export function pathOf(info: GraphQLResolveInfo): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at: GraphQLResolveInfo['path'] | undefined = info.path; at !== undefined; at = at.prev) path.unshift(at.key);
  return path;
}
