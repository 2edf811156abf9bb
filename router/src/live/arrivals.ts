import type { UpstreamPlace } from '../subgraphs/upstream.ts';
import { positionIn, type Position } from './position.ts';

/** What a message says of where the stream is, compared with what was known. */
export interface Arrival {
  /** Undefined: it says nothing of that, or nothing good. */
  readonly position: Position | undefined;
  /** How the subscription goes on with it, when it has just been opened. */
  readonly goesOn: 'exact' | 'snapshot' | undefined;
  /** What a client may come back with that has it. */
  readonly comeBack: Position | undefined;
  readonly occurredAt: number | undefined;
}

/** Keeps account of where an upstream subscription is, as its messages come. */
export class Arrivals {
  /** Where it is opened again. */
  received: Position | undefined;
  /** Something came since it began. */
  wasHeard = false;
  /** What the subgraph was asked to go on from. */
  asked: Position | undefined;
  /** What comes is a part of a present state of which more will come. */
  #inSnapshot: boolean;
  /** Nothing came since it was opened. */
  #isFresh = true;
  /** The subgraph is one that says where it is. */
  #hasPositions = false;

  constructor(start: Position | undefined) {
    this.received = start;
    this.#inSnapshot = start === undefined;
  }

  opened(): void {
    this.asked = this.received;
    this.#isFresh = true;
  }

  /** Something came since it was opened. */
  get isHeard(): boolean {
    return !this.#isFresh;
  }

  arrived({ position: text, resumed, occurredAt }: UpstreamPlace): Arrival {
    const position = positionIn(text);
    const isFirst = this.#isFresh;
    let goesOn: Arrival['goesOn'] = resumed === 'snapshot' ? 'snapshot' : undefined;
    if (isFirst) {
      if (this.asked !== undefined && resumed === 'exact') goesOn = 'exact';
      else if (this.asked !== undefined || this.wasHeard) goesOn = 'snapshot';
    }
    this.#isFresh = false;
    this.wasHeard = true;
    if (goesOn === 'snapshot') this.#inSnapshot = true;
    const inSnapshot = this.#inSnapshot;
    const before = this.received;
    if (position !== undefined) {
      this.received = position;
      this.#inSnapshot = false;
      this.#hasPositions = true;
    }
    return {
      position,
      goesOn,
      comeBack: position ?? (inSnapshot ? undefined : before),
      // A present state didn't happen now; one that is never finished may be the events of a subgraph without positions.
      occurredAt: occurredAt ?? (inSnapshot && (isFirst || this.#hasPositions) ? undefined : Date.now()),
    };
  }
}
