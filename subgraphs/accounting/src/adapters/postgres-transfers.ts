import { randomUUID } from 'node:crypto';
import type { Resending, TransferQueue } from '../application/ports.ts';
import { transferId, type Transfer, type TransferStatus } from '../domain/transfer.ts';
import { Prisma } from '../generated/prisma/client.ts';
import type { HeadquartersTransferModel } from '../generated/prisma/models.ts';
import { won, type Client } from './postgres.ts';

export type TransferRow = Omit<HeadquartersTransferModel, 'position' | 'nextAttemptAt' | 'leaseToken' | 'leaseUntil'>;

/** The columns of a transfer `t` as `TransferRow`. */
export const transferColumns = Prisma.sql`t.cafe_id AS "cafeId", t.business_date AS "businessDate", t.revision,
  t.sales_sum AS "salesSum", t.sales_qty AS "salesQty", t.order_count AS "orderCount", t.status, t.attempts,
  t.last_error AS "lastError", t.updated_at AS "updatedAt"`;

export function toTransfer(row: TransferRow): Transfer {
  const { cafeId, businessDate, revision, salesQty, orderCount, attempts, lastError, updatedAt } = row;
  const status = row.status as TransferStatus;
  return {
    cafeId,
    businessDate,
    revision,
    salesSum: won(row.salesSum),
    salesQty,
    orderCount,
    status,
    attempts,
    lastError,
    updatedAt,
  };
}

/** Transfers waiting to be sent, shared by all replicas of the service. Times are the database's, which all replicas share. */
export function transferQueue(client: Client): TransferQueue {
  return {
    async take(limit, leaseMs) {
      const token = randomUUID();
      const [, rows] = await client.$transaction([
        // Takers take turns: two at once, neither seeing the other's claim, could send two revisions of a day side by side.
        client.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('accounting:take', 0))`,
        // One statement, so that both parts see the same moment: a revision that is under way holds back the newer one, and
        // one that is no longer under way is superseded by it, also when its attempt is being settled right now.
        client.$queryRaw<TransferRow[]>`
          WITH superseded AS (
            -- Those that a newer revision could not supersede because they were being sent then. Locked rows are being booked on.
            UPDATE headquarters_transfer SET status = 'SUPERSEDED', updated_at = now()
            WHERE position IN (
              SELECT t.position FROM headquarters_transfer AS t
              WHERE t.status = 'PENDING' AND (t.lease_until IS NULL OR t.lease_until <= statement_timestamp())
                AND EXISTS (SELECT 1 FROM headquarters_transfer AS newer WHERE newer.cafe_id = t.cafe_id
                  AND newer.business_date = t.business_date AND newer.revision > t.revision)
              FOR UPDATE OF t SKIP LOCKED
            )
          ), due AS (
            SELECT t.position FROM headquarters_transfer AS t
            WHERE t.status = 'PENDING' AND t.next_attempt_at <= statement_timestamp()
              AND (t.lease_until IS NULL OR t.lease_until <= statement_timestamp())
              AND NOT EXISTS (SELECT 1 FROM headquarters_transfer AS other WHERE other.cafe_id = t.cafe_id
                AND other.business_date = t.business_date AND (other.revision > t.revision
                  OR (other.status = 'PENDING' AND other.lease_until > statement_timestamp())))
            ORDER BY t.next_attempt_at LIMIT ${limit}::int
            FOR UPDATE OF t SKIP LOCKED
          )
          UPDATE headquarters_transfer AS t
          SET lease_token = ${token}::uuid, lease_until = clock_timestamp() + ${leaseMs}::int * interval '1 millisecond',
            attempts = t.attempts + 1, updated_at = now()
          FROM due WHERE t.position = due.position
          RETURNING ${transferColumns}`,
      ]);
      return rows.map(function claimed(row) {
        return Object.assign(toTransfer(row), { token });
      });
    },

    async settle({ cafeId, businessDate, revision, token }, settlement, retryInMs) {
      const lastError = 'lastError' in settlement ? settlement.lastError : null;
      const changed = await client.$executeRaw`
        UPDATE headquarters_transfer
        SET status = ${settlement.status}, last_error = ${lastError}, lease_token = NULL, lease_until = NULL,
          next_attempt_at = clock_timestamp() + ${retryInMs}::int * interval '1 millisecond', updated_at = now()
        WHERE cafe_id = ${cafeId} AND business_date = ${businessDate} AND revision = ${revision}::int
          AND lease_token = ${token}::uuid`;
      return changed === 1;
    },
  };
}

/** Ends a transaction without its changes. */
class Undo extends Error {}

/** Sending again, at the accountant's wish. */
export function resending(client: Client): Resending {
  return {
    async remembered(caller, key) {
      const row = await client.idempotencyKey.findUnique({ where: { caller_key: { caller, key } } });
      return row?.transferId;
    },

    async resend(transfer, caller, key) {
      const { cafeId, businessDate, revision } = transfer;
      try {
        await client.$transaction(async (tx) => {
          // A concurrent request under the same key waits here for the first one's commit.
          const remembered = await tx.$executeRaw`
            INSERT INTO idempotency_key (caller, key, transfer_id) VALUES (${caller}, ${key}, ${transferId(transfer)})
            ON CONFLICT (caller, key) DO NOTHING`;
          if (remembered === 0) throw new Undo();
          const changed = await tx.$executeRaw`
            UPDATE headquarters_transfer AS t SET status = 'PENDING', next_attempt_at = clock_timestamp(), updated_at = now()
            WHERE t.cafe_id = ${cafeId} AND t.business_date = ${businessDate} AND t.revision = ${revision}::int
              AND t.status IN ('REJECTED', 'ACKNOWLEDGED')
              AND NOT EXISTS (SELECT 1 FROM headquarters_transfer AS newer WHERE newer.cafe_id = t.cafe_id
                AND newer.business_date = t.business_date AND newer.revision > t.revision)`;
          if (changed === 0) throw new Undo();
        });
        return true;
      } catch (error) {
        if (error instanceof Undo) return false;
        throw error;
      }
    },
  };
}
