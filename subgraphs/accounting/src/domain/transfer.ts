import type { BusinessDate } from './business-day.ts';
import { unreachable } from './unreachable.ts';

/** One revision of a day's sums on its way to headquarters: the seed's SalesTransferred. */
export interface Transfer {
  readonly cafeId: string;
  readonly businessDate: BusinessDate;
  readonly revision: number;
  readonly salesSum: number;
  readonly salesQty: number;
  readonly orderCount: number;
  readonly status: TransferStatus;
  readonly attempts: number;
  /** Why headquarters said no, or gave no answer, the last time. */
  readonly lastError: string | null;
  readonly updatedAt: Date;
}

export type TransferStatus = 'PENDING' | 'ACKNOWLEDGED' | 'REJECTED' | 'SUPERSEDED';

/** What came of one attempt. `unsettled`: no answer, so nobody knows whether headquarters has it. */
export type Attempt =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unsettled'; readonly error: string };

/** How a transfer stands after an attempt. */
export type Settlement =
  | { readonly status: 'ACKNOWLEDGED' }
  | { readonly status: 'REJECTED'; readonly lastError: string }
  | { readonly status: 'PENDING'; readonly lastError: string };

/** The transfer's name everywhere: in the graph, in logs, and the key by which headquarters drops doubles. */
export function transferId({
  cafeId,
  businessDate,
  revision,
}: Pick<Transfer, 'cafeId' | 'businessDate' | 'revision'>): string {
  return `${cafeId}:${businessDate}:${revision}`;
}

/** The parts of a transfer's id, or undefined when the text can't be one. */
export function parseTransferId(id: string): Pick<Transfer, 'cafeId' | 'businessDate' | 'revision'> | undefined {
  const parts = /^([^\0]+):([0-9]{8}):([1-9][0-9]{0,8})$/.exec(id);
  if (!parts) return undefined;
  const [, cafeId = '', businessDate = '', revision = ''] = parts;
  return { cafeId, businessDate, revision: Number(revision) };
}

/** PENDING → ACKNOWLEDGED on a yes, REJECTED on a no; without an answer it stays PENDING and is sent again under the same key. */
export function settle(attempt: Attempt): Settlement {
  switch (attempt.kind) {
    case 'accepted':
      return { status: 'ACKNOWLEDGED' };
    case 'refused':
      return { status: 'REJECTED', lastError: attempt.reason };
    case 'unsettled':
      return { status: 'PENDING', lastError: attempt.error };
    default:
      throw unreachable(attempt);
  }
}

/**
 * Why a transfer can't be sent again, or undefined when it can: only the newest revision of a day, which headquarters
 * has answered. An older one would be replaced by the newer at once.
 */
export function whyNotResendable(transfer: Transfer, newestRevision: number): string | undefined {
  if (transfer.revision < newestRevision) {
    return `Revision ${newestRevision} of this day is newer; only the newest can be sent again.`;
  }
  switch (transfer.status) {
    case 'REJECTED':
    case 'ACKNOWLEDGED':
      return undefined;
    case 'PENDING':
      return 'It is already on its way.';
    case 'SUPERSEDED':
      return 'A newer revision took its place.';
    default:
      throw unreachable(transfer.status);
  }
}
