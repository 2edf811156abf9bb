import type { DueSms, SmsQueue } from '../application/ports.ts';
import type { Sql } from './postgres.ts';

/**
 * The oldest unsent SMS of an order holds the order's place: while it is claimed, or rests after a failure, nothing else of the
 * order goes out, so the order's SMS stay in order. Claiming moves its due time: of several replicas one gets it, and it
 * comes again should that one die. Once it has been tried in vain the newest of the order goes in its place.
 * What stands beside it is looked up by its order alone: as an anti-join PostgreSQL would read all SMS that were ever sent, and
 * by status all that wait.
 */
const TAKE = `/* take_sms */ WITH
due AS (
  SELECT n.order_id, n.version AS oldest, CASE WHEN n.attempts = 0 THEN n.version ELSE pending.newest END AS picked
  FROM notification n, LATERAL (
    SELECT min(other.version) FILTER (WHERE other.status = 'PENDING') AS oldest,
      max(other.version) FILTER (WHERE other.status = 'PENDING') AS newest
    FROM notification other WHERE other.order_id = n.order_id) pending
  WHERE n.status = 'PENDING' AND n.due_at <= $1::timestamptz AND n.version = pending.oldest
  ORDER BY n.due_at LIMIT $2::int FOR UPDATE OF n SKIP LOCKED),
claimed AS (
  UPDATE notification n SET attempts = n.attempts + 1, due_at = $3::timestamptz
  FROM due WHERE n.order_id = due.order_id AND n.version = due.oldest
  RETURNING due.*, n.attempts)
SELECT order_id AS "orderId", claimed.oldest, n.version, n.what, n.recipient, n.text, claimed.attempts
FROM claimed JOIN notification n USING (order_id) WHERE n.version = claimed.picked`;

/**
 * What was sent makes all older ones stale. After a failure all of the order wait, so that none is looked at in vain; a refused
 * one alone is given up.
 */
const SETTLE = `/* settle_sms */ UPDATE notification n SET due_at = r.at,
  status = CASE WHEN n.version = r.version THEN r.status WHEN r.status = 'SENT' THEN 'DROPPED' ELSE n.status END,
  sent_at = CASE WHEN n.version = r.version AND r.status = 'SENT' THEN r.at END
FROM jsonb_to_recordset($1::jsonb) AS r("orderId" uuid, oldest int, version int, status text, at timestamptz)
WHERE n.order_id = r."orderId" AND n.version >= r.oldest AND (n.version <= r.version OR r.status = 'PENDING')
  AND n.status = 'PENDING'`;

export function createSmsQueue(sql: Sql): SmsQueue {
  return {
    take: (limit, now, leaseUntil) =>
      sql.$queryRawUnsafe<DueSms[]>(TAKE, now.toISOString(), limit, leaseUntil.toISOString()),
    async settle(results) {
      const rows = results.map(({ sms: { orderId, oldest, version }, status, at }) => ({
        orderId,
        oldest,
        version,
        status,
        at,
      }));
      await sql.$executeRawUnsafe(SETTLE, JSON.stringify(rows));
    },
  };
}
