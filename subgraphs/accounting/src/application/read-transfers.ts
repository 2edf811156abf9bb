import type { Caller } from '@cafe-for-me/schema/caller';
import type { TransferStatus } from '../domain/transfer.ts';
import { accountantOf } from './access.ts';
import type { Books, ListedTransfer } from './ports.ts';

/** A page of a café's transfers to headquarters, newest first. */
export async function readTransfers(
  books: Books,
  caller: Caller,
  cafeId: string,
  page: { status?: readonly TransferStatus[]; before?: number; limit: number },
): Promise<ListedTransfer[]> {
  accountantOf(caller, cafeId);
  return books.transfers(cafeId, page);
}
