/** Killing parts of a system in an order that a seed decides, and starting them again. */
import type { ProcessName } from '@cafe-for-me/deploy/system-types';
import type { System } from '@cafe-for-me/deploy/system';
import { eventually } from '../../harness/eventually.ts';
import type { Chance } from './chance.ts';

/** A killed server's last children may hold its memory a while; then it does not start at once. */
const STARTS_WITHIN = 90_000;

export interface Round {
  /** Killed together. */
  readonly targets: readonly ProcessName[];
  /** How much of the work is done then, from 0 to 1. */
  readonly at: number;
}

/** Each target so many times, alone or in twos, at moments spread over the work. */
export function planRounds(chance: Chance, targets: readonly ProcessName[], times: number): Round[] {
  const rounds: ProcessName[][] = [];
  for (const target of chance.shuffled(Array.from({ length: times }, () => targets).flat())) {
    const last = rounds.at(-1);
    if (last?.length === 1 && !last.includes(target) && chance.next() < 0.3) last.push(target);
    else rounds.push([target]);
  }
  // The end of the work is left to what comes of the last one.
  return rounds.map((targets, index) => ({ targets, at: (0.9 * (index + chance.next())) / rounds.length }));
}

/** SIGKILL to each. */
export async function kill(system: System, targets: readonly ProcessName[]): Promise<void> {
  await Promise.all(targets.map(async (target) => system.process(target).kill()));
}

/** Starts each and waits until it is ready. */
export async function start(system: System, targets: readonly ProcessName[]): Promise<void> {
  await Promise.all(
    targets.map(async (target) =>
      eventually(
        async () =>
          system
            .process(target)
            .start()
            .then(() => true),
        (started) => started,
        STARTS_WITHIN,
      ),
    ),
  );
}

/** SIGTERM, and when it has ended in order, start. */
export async function restart(system: System, target: ProcessName): Promise<void> {
  await system.process(target).stop();
  await start(system, [target]);
}
