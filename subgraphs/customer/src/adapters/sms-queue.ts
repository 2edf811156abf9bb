import type { DueSms, SmsQueue } from '../application/ports.ts';
import type { Sql } from './postgres.ts';

/**
 * An SMS waits while an older one of its order is unsent, and is dropped once a newer one was sent. Claiming moves the due
 * time: of several replicas one gets it, and it comes again should that one die.
 */
const TAKE = `/* take_sms */ WITH
stale AS (
  UPDATE notification n SET status = 'DROPPED' WHERE n.status = 'PENDING' AND n.due_at <= $1::timestamptz AND EXISTS (
    SELECT FROM notification newer WHERE newer.order_id = n.order_id AND newer.version > n.version AND newer.status = 'SENT')),
due AS (
  SELECT n.order_id, n.version FROM notification n
  WHERE n.status = 'PENDING' AND n.due_at <= $1::timestamptz AND NOT EXISTS (
    SELECT FROM notification other WHERE other.order_id = n.order_id
      AND (other.version < n.version AND other.status = 'PENDING' OR other.version > n.version AND other.status = 'SENT'))
  ORDER BY n.due_at LIMIT $2::int FOR UPDATE SKIP LOCKED)
UPDATE notification n SET attempts = n.attempts + 1, due_at = $3::timestamptz
FROM due WHERE n.order_id = due.order_id AND n.version = due.version
RETURNING n.order_id AS "orderId", n.version, n.what, n.recipient, n.text, n.attempts`;

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
