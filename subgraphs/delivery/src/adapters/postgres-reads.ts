import type { SqlClient } from '@cafe-for-me/lib/consumer';
import { readOutbox } from '@cafe-for-me/lib/outbox';
import type { DeliveryReads } from '../application/ports.ts';
import { replay, type Delivery, type DeliveryEvent } from '../domain/delivery.ts';
import { COLUMNS, deliveryOf, type DeliveryRow } from './delivery-row.ts';

const FIND = `/* delivery-find */ SELECT ${COLUMNS} FROM delivery
  WHERE order_id IN (SELECT jsonb_array_elements_text($1::jsonb))`;

/** One short walk along the index for each status that is asked for, merged by age. */
const LIST = `/* delivery-list */ SELECT delivery.* FROM jsonb_array_elements_text($2::jsonb) AS wanted (status)
  CROSS JOIN LATERAL (
    SELECT ${COLUMNS} FROM delivery
    WHERE delivery.cafe_id = $1 AND delivery.status = wanted.status AND delivery.sequence > $3::bigint
    ORDER BY delivery.sequence LIMIT $4::int
  ) AS delivery
  ORDER BY delivery.sequence LIMIT $4::int`;

const UNFINISHED = `/* delivery-unfinished */ SELECT ${COLUMNS} FROM delivery
  WHERE cafe_id = $1 AND status IN ('ORDER_GET', 'RECEIVED', 'READY') ORDER BY sequence`;

const QUEUE_LENGTHS = `/* delivery-queues */ SELECT cafe_id AS "cafeId", count(*) AS length FROM delivery
  WHERE cafe_id IN (SELECT jsonb_array_elements_text($1::jsonb)) AND status IN ('ORDER_GET', 'RECEIVED') GROUP BY cafe_id`;

export interface LiveReads {
  /** Those of a café that wait for something, oldest first. */
  unfinished(cafeId: string): Promise<Delivery[]>;
  /** The states of a delivery at versions `from` to `to`, both included, retold from its events. */
  between(orderId: string, from: number, to: number): Promise<Delivery[]>;
}

export function readsOn(sql: SqlClient): DeliveryReads & LiveReads {
  async function find(orderIds: readonly string[]): Promise<Delivery[]> {
    return (await sql.$queryRawUnsafe<DeliveryRow[]>(FIND, JSON.stringify(orderIds))).map(deliveryOf);
  }
  return {
    find,

    async list({ cafeId, status, after, limit }) {
      const rows = await sql.$queryRawUnsafe<DeliveryRow[]>(LIST, cafeId, JSON.stringify(status), after, limit);
      return rows.map((row) => ({ delivery: deliveryOf(row), place: Number(row.sequence) }));
    },

    async queueLengths(cafeIds) {
      const rows = await sql.$queryRawUnsafe<{ cafeId: string; length: bigint }[]>(
        QUEUE_LENGTHS,
        JSON.stringify(cafeIds),
      );
      return new Map(rows.map(({ cafeId, length }) => [cafeId, Number(length)]));
    },

    async unfinished(cafeId) {
      return (await sql.$queryRawUnsafe<DeliveryRow[]>(UNFINISHED, cafeId)).map(deliveryOf);
    },

    async between(orderId, from, to) {
      const [present] = await find([orderId]);
      if (!present) return [];
      // A state follows from all events before it.
      const states = replay(present, await readOutbox<DeliveryEvent>(sql, orderId, 1, to));
      return states.filter(({ version }) => version >= from);
    },
  };
}
