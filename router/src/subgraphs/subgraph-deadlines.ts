/** Something that must be over after a while. */
export interface Deadline {
  /** Called when it isn't. */
  tooLate(): void;
  /** Kept by `Deadlines`. */
  at: number;
  before: Deadline | undefined;
  after: Deadline | undefined;
}

export interface Deadlines {
  start(deadline: Deadline): void;
  /** It is over, or nobody cares any more. Not to be called for one that came too late. */
  end(deadline: Deadline): void;
}

/**
 * Deadlines that all have the same length, so that the one which started first is due first: a list in that order and
 * one timer for all of them. A timer per fetch would cost more, and leave more behind for the garbage collector.
 */
export function createDeadlines(lengthMs: number): Deadlines {
  let first: Deadline | undefined;
  let last: Deadline | undefined;
  let timer: NodeJS.Timeout | undefined;

  function watch(ms: number): void {
    // What is waited for holds a connection open: the timer alone needn't keep the process.
    timer = setTimeout(endLate, ms).unref();
  }

  function endLate(): void {
    timer = undefined;
    const now = performance.now();
    while (first !== undefined && first.at <= now) {
      const late = first;
      end(late);
      late.tooLate();
    }
    // `tooLate` may have started others, and the timer with them.
    if (first !== undefined && timer === undefined) watch(Math.ceil(first.at - now));
  }

  function end(deadline: Deadline): void {
    const { before, after } = deadline;
    if (before === undefined) first = after;
    else before.after = after;
    if (after === undefined) last = before;
    else after.before = before;
    deadline.before = undefined;
    deadline.after = undefined;
  }

  return {
    start(deadline) {
      deadline.at = performance.now() + lengthMs;
      deadline.before = last;
      if (last === undefined) first = deadline;
      else last.after = deadline;
      last = deadline;
      if (timer === undefined) watch(lengthMs);
    },
    end,
  };
}
