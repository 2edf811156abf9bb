import { timeOfDay } from '../text/format.ts';
import { text } from './text.ts';

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly by?: string | null;
  readonly at?: string;
}

/** The sentence for why something was not done. */
export function refusalText({ code, message, by, at }: Refusal, timeZone: string): string {
  const { refused } = text.now;
  switch (code) {
    case 'ALREADY_ACCEPTED':
    case 'ALREADY_REJECTED':
    case 'ALREADY_READY':
    case 'ALREADY_PICKED_UP':
    case 'ALREADY_CANCELED':
    case 'ALREADY_CANCELED_BY_CAFE':
    case 'ALREADY_EXPIRED':
    case 'ALREADY_NOT_COLLECTED':
    case 'NOT_ACCEPTED_YET':
    case 'NOT_READY_YET':
    case 'ACCEPT_TIME_OVER':
    case 'NOT_DUE_YET':
      return refused[code](by ?? refused.somebody, at === undefined ? '?' : timeOfDay(at, timeZone));
    case 'WRONG_PICKUP_CODE':
    case 'ORDER_NOT_FOUND':
    case 'IDEMPOTENCY_KEY_REUSED':
      return refused[code];
    case 'INVALID_INPUT':
      return refused.INVALID_INPUT(message);
    default:
      return refused.other(message);
  }
}
