/** How a subscription that came back with a position goes on: where it was, or with the present state again. */
export type Resumed = 'exact' | 'snapshot';

/**
 * One message of a live subscription: the state is what the operation's fields are resolved from, the rest goes beside the answer,
 * as `extensions`.
 */
export class LiveEvent<State = unknown> {
  readonly state: State;
  /** The subscriber's place behind this message. Of a snapshot only the last message has one. */
  readonly position: string | undefined;
  /** On the first message of a subscription that came back, or had to begin anew. */
  readonly resumed: Resumed | undefined;
  /** When it happened, ms since 1970; undefined for a snapshot. */
  readonly occurredAt: number | undefined;
  /** When the feed got it, by `performance.now()`; undefined for what was read in the database. */
  readonly arrivedAt: number | undefined;

  constructor(
    state: State,
    given: {
      position?: string | undefined;
      resumed?: Resumed | undefined;
      occurredAt?: number | undefined;
      arrivedAt?: number | undefined;
    } = {},
  ) {
    this.state = state;
    this.position = given.position;
    this.resumed = given.resumed;
    this.occurredAt = given.occurredAt;
    this.arrivedAt = given.arrivedAt;
  }
}

/** Nothing to tell, but the subscriber's place: the subscription stands, or its place has settled. */
export class LivePlace {
  readonly position: string;
  readonly resumed: Resumed | undefined;

  constructor(position: string, resumed?: Resumed) {
    this.position = position;
    this.resumed = resumed;
  }
}

/** The root value that a field's `subscribe` gets: where the subscriber came back from. */
export class LiveRoot {
  readonly resumeFrom: string | undefined;

  constructor(resumeFrom: string | undefined) {
    this.resumeFrom = resumeFrom;
  }
}

/** @param root the first argument of a field's `subscribe` */
export function resumeFromOf(root: unknown): string | undefined {
  return root instanceof LiveRoot ? root.resumeFrom : undefined;
}
