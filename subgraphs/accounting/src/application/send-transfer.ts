import { settle, transferId } from '../domain/transfer.ts';
import type { Headquarters, TakenTransfer, Tell, TransferQueue } from './ports.ts';

/**
 * Sends a claimed transfer to headquarters and stores the answer. Without an answer it stays PENDING: nobody knows whether
 * it arrived, and sending it again under the same key does no harm.
 *
 * @param retryAfter how long to wait before the next attempt, in ms, after so many
 */
export async function sendTransfer(
  parts: { headquarters: Headquarters; queue: TransferQueue; log: Tell; retryAfter: (attempts: number) => number },
  taken: TakenTransfer,
): Promise<void> {
  const { headquarters, queue, log, retryAfter } = parts;
  const settlement = settle(await headquarters.send(taken));
  const kept = await queue.settle(taken, settlement, settlement.status === 'PENDING' ? retryAfter(taken.attempts) : 0);
  const fields = { transferId: transferId(taken), attempts: taken.attempts, ...settlement };
  if (!kept) log.warn(fields, 'the claim on the transfer was lost before its answer came');
  else if (settlement.status === 'ACKNOWLEDGED') log.info(fields, 'transfer acknowledged');
  else
    log.warn(
      fields,
      settlement.status === 'REJECTED' ? 'transfer rejected' : 'transfer not settled, tried again later',
    );
}
