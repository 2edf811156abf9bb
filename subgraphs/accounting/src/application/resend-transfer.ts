import type { Caller } from '@cafe-for-me/schema/caller';
import { transferId, whyNotResendable, type Transfer, type TransferStatus } from '../domain/transfer.ts';
import { accountantOf, anAccountant } from './access.ts';
import type { Books, Resending } from './ports.ts';

export type ResendResult =
  | { readonly kind: 'resent'; readonly transfer: Transfer }
  | { readonly kind: 'invalidKey'; readonly why: string }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'keyReused' }
  | {
      readonly kind: 'notResendable';
      readonly transfer: Transfer;
      readonly status: TransferStatus;
      readonly why: string;
    };

const longestKey = 200;

/** 1 to 200 characters, an emoji counting as one, all of which PostgreSQL can store: no NUL, no half of a surrogate pair. */
function isKey(text: string): boolean {
  const fits = text.length > 0 && text.length <= 2 * longestKey && Array.from(text).length <= longestKey;
  return fits && !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}

/**
 * Sends a transfer to headquarters again that it has answered. The same key again gives the same transfer and sends nothing;
 * a refusal is not remembered.
 */
export async function resendTransfer(
  parts: { books: Books; resending: Resending; wake: () => void },
  caller: Caller,
  input: { idempotencyKey: string; transferId: string },
): Promise<ResendResult> {
  const { books, resending, wake } = parts;
  const accountant = anAccountant(caller);
  const { idempotencyKey } = input;
  if (!isKey(idempotencyKey)) {
    return { kind: 'invalidKey', why: `The idempotency key must have 1 to ${longestKey} characters.` };
  }

  async function replay(): Promise<ResendResult | undefined> {
    const before = await resending.remembered(accountant.id, idempotencyKey);
    if (before === undefined) return undefined;
    if (before !== input.transferId) return { kind: 'keyReused' };
    const transfer = await books.transfer(before);
    return transfer && { kind: 'resent', transfer };
  }

  const transfer = await books.transfer(input.transferId);
  if (transfer !== undefined) accountantOf(caller, transfer.cafeId);
  const replayed = await replay();
  if (replayed !== undefined) return replayed;
  if (transfer === undefined) return { kind: 'notFound' };

  const [newest = transfer] = await books.newestTransfers([transfer]);
  const why = whyNotResendable(transfer, newest.revision);
  if (why === undefined && (await resending.resend(transfer, accountant.id, idempotencyKey))) {
    wake();
    return { kind: 'resent', transfer: { ...transfer, status: 'PENDING' } };
  }
  if (why !== undefined) return { kind: 'notResendable', transfer, status: transfer.status, why };
  // Somebody was faster: the same request under the same key, or a newer revision, or another accountant.
  const faster = await replay();
  if (faster !== undefined) return faster;
  const now = (await books.transfer(transferId(transfer))) ?? transfer;
  return { kind: 'notResendable', transfer: now, status: now.status, why: 'It is already on its way.' };
}
