import type { Problem } from '../../graph/problem.ts';

/** An order that somebody means to place, kept before it is sent. Sent again with its key it is the same order. */
export interface Placement {
  readonly key: string;
  readonly cafeId: string;
  readonly lines: readonly { readonly product: string; readonly qty: number }[];
  /** Won: what the customer was shown. */
  readonly expectedTotal: number;
  readonly phone: string | null;
  /** When it was meant; in ms since 1970. */
  readonly at: number;
}

/** Why an order was not placed. Nothing was charged. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
  readonly product?: string | undefined;
  /** Won: what the menu says. */
  readonly total?: number | undefined;
  readonly reason?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** What the graph says to a placement. */
export interface PlacingAnswer {
  readonly orderId: string | undefined;
  readonly refusals: readonly Refusal[];
}

/**
 * left: found from an earlier visit that was long ago, so that it is not sent unasked. sending: on its way; `again` when a try got no
 * answer. unknown: no answer for a long time. placed and refused: answered.
 */
export type Placing =
  | { readonly state: 'none' }
  | { readonly state: 'left'; readonly placement: Placement }
  | { readonly state: 'sending'; readonly placement: Placement; readonly again: boolean }
  | { readonly state: 'unknown'; readonly placement: Placement; readonly problem: Problem }
  | { readonly state: 'placed'; readonly placement: Placement; readonly orderId: string }
  | {
      readonly state: 'refused';
      readonly placement: Placement;
      readonly refusals: readonly Refusal[];
      /** When the refusal came; in ms since 1970. */
      readonly at: number;
    };

export type PlacingEvent =
  | { readonly type: 'begun'; readonly placement: Placement }
  | { readonly type: 'found'; readonly placement: Placement; readonly now: number }
  | { readonly type: 'sentAgain' }
  | { readonly type: 'triedAgain' }
  | { readonly type: 'answered'; readonly answer: PlacingAnswer; readonly now: number }
  | { readonly type: 'unanswered'; readonly problem: Problem }
  | { readonly type: 'dismissed' };

/** Somebody who reloads waits for their coffee; who comes back later may have changed their mind. ms */
export const SENT_UNASKED = 5 * 60_000;

/** @returns the same state for an event that means nothing in it: a second click, a late answer */
export function step(state: Placing, event: PlacingEvent): Placing {
  switch (event.type) {
    case 'begun':
      return isOpen(state) ? state : { state: 'sending', placement: event.placement, again: false };
    case 'found': {
      const { placement, now } = event;
      if (isOpen(state)) return state;
      return now - placement.at > SENT_UNASKED
        ? { state: 'left', placement }
        : { state: 'sending', placement, again: false };
    }
    case 'sentAgain':
      return state.state === 'left' || state.state === 'unknown'
        ? { state: 'sending', placement: state.placement, again: state.state === 'unknown' }
        : state;
    case 'triedAgain':
      return state.state === 'sending' && !state.again ? { ...state, again: true } : state;
    case 'answered':
      return state.state === 'sending' ? afterAnswer(state.placement, event.answer, event.now) : state;
    case 'unanswered':
      return state.state === 'sending'
        ? { state: 'unknown', placement: state.placement, problem: event.problem }
        : state;
    case 'dismissed':
      return state.state === 'sending' ? state : { state: 'none' };
  }
}

function afterAnswer(placement: Placement, { orderId, refusals }: PlacingAnswer, now: number): Placing {
  // A declined order exists, too; what counts for the customer is that it was not charged.
  if (refusals.length > 0) return { state: 'refused', placement, refusals, at: now };
  if (orderId !== undefined) return { state: 'placed', placement, orderId };
  return { state: 'unknown', placement, problem: { kind: 'failed', message: '', reference: undefined } };
}

/** Whether the outcome of a placement is open: no other may begin, and it is kept for the next visit. */
export function isOpen(state: Placing): state is Extract<Placing, { state: 'left' | 'sending' | 'unknown' }> {
  return state.state === 'left' || state.state === 'sending' || state.state === 'unknown';
}

/** What was kept, if it reads as a placement. */
export function readPlacement(kept: string | undefined): Placement | undefined {
  if (kept === undefined) return undefined;
  try {
    const placement = JSON.parse(kept) as Partial<Placement> | null;
    const whole =
      typeof placement?.key === 'string' &&
      typeof placement.cafeId === 'string' &&
      Array.isArray(placement.lines) &&
      typeof placement.expectedTotal === 'number' &&
      typeof placement.at === 'number';
    return whole ? (placement as Placement) : undefined;
  } catch {
    return undefined;
  }
}
