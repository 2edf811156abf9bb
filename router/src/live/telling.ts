import type { TokenRefusal } from './resume-token.ts';

/** How a subscription goes on for a client that brought something back. */
export type ResumeOutcome = 'exact' | 'snapshot' | 'expired';

/** What a client is told about it, once, with its first message. There is one object for each thing to tell. */
export interface Telling {
  readonly outcome: ResumeOutcome;
  /** As it stands in `extensions`. */
  readonly json: string;
}

function telling(outcome: ResumeOutcome, reason?: TokenRefusal | 'STREAM_GONE'): Telling {
  return { outcome, json: `,"resumed":"${outcome}"${reason === undefined ? '' : `,"resumedReason":"${reason}"`}` };
}

/** Nothing left out, nothing repeated. */
export const exact = telling('exact');
/** The stream can't go on from there: what comes is the present state. */
export const snapshot = telling('snapshot', 'STREAM_GONE');
/** What was brought back is of no use: it begins anew. */
export const expired: Readonly<Record<TokenRefusal, Telling>> = {
  TOO_OLD: telling('expired', 'TOO_OLD'),
  FORGED: telling('expired', 'FORGED'),
  OTHER_CALLER: telling('expired', 'OTHER_CALLER'),
  OTHER_OPERATION: telling('expired', 'OTHER_OPERATION'),
};
/** Its position was good; the subgraph will say whether it can go on from there. */
export const notKnownYet: Telling = { outcome: 'exact', json: '' };
