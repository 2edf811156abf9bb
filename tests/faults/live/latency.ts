/** How long changes take from the statement that made them to their followers, in ms. Printed, never asserted. */
import type { OrderChange } from './follower.ts';

export interface Latency {
  note(change: OrderChange): void;
  /** Of what was noted since the last call. */
  summary(): string;
}

export function createLatency(): Latency {
  let noted: number[] = [];
  return {
    note: ({ at }) => void noted.push(Date.now() - Date.parse(at)),
    summary() {
      const sorted = noted.toSorted((one, other) => one - other);
      noted = [];
      const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
      return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms of ${sorted.length}`;
    },
  };
}
