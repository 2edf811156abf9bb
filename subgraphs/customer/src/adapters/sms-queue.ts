import type { DueSms, SmsQueue } from '../application/ports.ts';
import type { Sql } from './postgres.ts';

/**
 * An SMS waits while an older one of its order is unsent, and is dropped once a newer one was sent. Claiming moves the due
 * time: of several replicas one gets it, and it comes again should that one die. What stands beside it is looked up by its order:
 * as an anti-join PostgreSQL would read all SMS that were ever sent.
 */
const TAKE = `/* take_sms */ WITH
due AS (
  SELECT n.order_id, n.version, beside.overtaken FROM notification n, LATERAL (
    SELECT coalesce(bool_or(other.version < n.version AND other.status = 'PENDING'), FALSE) AS behind,
      coalesce(bool_or(other.version > n.version AND other.status = 'SENT'), FALSE) AS overtaken
    FROM notification other WHERE other.order_id = n.order_id) beside
  WHERE n.status = 'PENDING' AND n.due_at <= $1::timestamptz AND (beside.overtaken OR NOT beside.behind)
  ORDER BY n.due_at LIMIT $2::int FOR UPDATE OF n SKIP LOCKED),
taken AS (
  UPDATE notification n SET attempts = n.attempts + 1, due_at = $3::timestamptz,
    status = CASE WHEN due.overtaken THEN 'DROPPED' ELSE n.status END
  FROM due WHERE n.order_id = due.order_id AND n.version = due.version
  RETURNING n.*)
SELECT order_id AS "orderId", version, what, recipient, text, attempts FROM taken WHERE status = 'PENDING'`;

const SETTLE = `/* settle_sms */ UPDATE notification n
SET status = r.status, due_at = r.at, sent_at = CASE r.status WHEN 'SENT' THEN r.at END
FROM jsonb_to_recordset($1::jsonb) AS r("orderId" uuid, version int, status text, at timestamptz)
WHERE n.order_id = r."orderId" AND n.version = r.version AND n.status = 'PENDING'`;

export function createSmsQueue(sql: Sql): SmsQueue {
  return {
    take: (limit, now, leaseUntil) =>
      sql.$queryRawUnsafe<DueSms[]>(TAKE, now.toISOString(), limit, leaseUntil.toISOString()),
    async settle(results) {
      const rows = results.map(({ sms: { orderId, version }, status, at }) => ({ orderId, version, status, at }));
      await sql.$executeRawUnsafe(SETTLE, JSON.stringify(rows));
    },
  };
}
