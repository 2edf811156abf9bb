import type { OrderStatus } from '@cafe-for-me/schema/events';
import type { Notification, OrderReads, OwnedChange, StatusChange, StatusRow } from '../application/ports.ts';
import { smsKey } from '../application/send-sms.ts';
import { ORDER_COLUMNS, orderOf, type OrderRow } from './order-rows.ts';
import { isOrderId, type Postgres } from './postgres.ts';

const BY_IDS = `/* orders_by_ids */ SELECT ${ORDER_COLUMNS} FROM orders o WHERE o.id = ANY($1::uuid[])`;
const OF_CUSTOMER = `/* orders_of_customer */ SELECT ${ORDER_COLUMNS} FROM orders o
  WHERE o.customer_id = $1 AND ($2::text[] IS NULL OR o.status = ANY($2::text[]))
    AND ($3::timestamptz IS NULL OR (o.placed_at, o.id) < ($3::timestamptz, $4::uuid))
  ORDER BY o.placed_at DESC, o.id DESC LIMIT $5::int`;
const LATEST = `SELECT o.customer_id AS "customerId", h.order_id AS "orderId", h.version, h.status, h.message, h.at
  FROM orders o JOIN order_history h ON h.order_id = o.id AND h.version = o.version`;
const LATEST_OF = `/* latest_of_orders */ ${LATEST} WHERE o.id = ANY($1::uuid[])`;
const OPEN_OF = `/* open_orders */ ${LATEST} WHERE o.customer_id = ANY($1::text[]) AND (o.payment_status = 'REFUNDING'
    OR o.status IN ('PENDING_PAYMENT', 'PLACED', 'CANCEL_REQUESTED', 'ACCEPTED', 'READY'))
  ORDER BY o.placed_at, o.id`;
const IDS_OF = `/* ids_of_customer */ SELECT id FROM orders WHERE customer_id = $1 ORDER BY placed_at DESC, id DESC LIMIT $2::int`;
const STATUS_OF = `/* order_status */ SELECT order_id AS "orderId", status, version, updated_at AS "updatedAt"
  FROM order_status_view WHERE order_id = $1::uuid AND customer_id = $2`;

interface HistoryRow {
  readonly orderId: string;
  readonly version: number;
  readonly status: string;
  readonly message: string;
  readonly at: Date;
}

interface OwnedRow extends HistoryRow {
  readonly customerId: string;
}

const ownedChangeOf = (row: OwnedRow): OwnedChange => ({ ...row, status: row.status as OrderStatus });
const changeOf = (row: HistoryRow): StatusChange => ({ ...row, status: row.status as OrderStatus });

/** The orders, for queries and subscriptions. Ids that are no order's are passed over. */
export function createOrderReads({ client }: Pick<Postgres, 'client'>): OrderReads {
  return {
    async byIds(orderIds) {
      const ids = orderIds.filter(isOrderId);
      const rows = ids.length === 0 ? [] : await client.$queryRawUnsafe<OrderRow[]>(BY_IDS, ids);
      return rows.map(orderOf);
    },
    async ofCustomer(customerId, { limit, after, statuses }) {
      const rows = await client.$queryRawUnsafe<OrderRow[]>(
        OF_CUSTOMER,
        customerId,
        statuses ?? null,
        after?.placedAt.toISOString() ?? null,
        after?.id ?? null,
        limit,
      );
      return rows.map(orderOf);
    },
    async historyOf(orderIds) {
      const where = { orderId: { in: orderIds.filter(isOrderId) } };
      return (await client.historyRow.findMany({ where, orderBy: [{ orderId: 'asc' }, { version: 'asc' }] })).map(
        changeOf,
      );
    },
    async latestOf(orderIds) {
      const ids = orderIds.filter(isOrderId);
      const rows = ids.length === 0 ? [] : await client.$queryRawUnsafe<OwnedRow[]>(LATEST_OF, ids);
      return rows.map(ownedChangeOf);
    },
    async openOf(customerIds) {
      return (await client.$queryRawUnsafe<OwnedRow[]>(OPEN_OF, [...new Set(customerIds)])).map(ownedChangeOf);
    },
    async idsOf(customerId, limit) {
      return (await client.$queryRawUnsafe<{ id: string }[]>(IDS_OF, customerId, limit)).map(({ id }) => id);
    },
    async notificationsOf(orderIds) {
      const where = { orderId: { in: orderIds.filter(isOrderId) } };
      const rows = await client.notificationRow.findMany({ where, orderBy: [{ orderId: 'asc' }, { version: 'asc' }] });
      return rows.map(({ orderId, what, text, status, sentAt }) => ({
        orderId,
        id: smsKey(orderId, what),
        text,
        status: status as Notification['status'],
        sentAt,
      }));
    },
    async statusOf(orderId, customerId) {
      if (!isOrderId(orderId)) return null;
      const [row] = await client.$queryRawUnsafe<StatusRow[]>(STATUS_OF, orderId, customerId);
      return row ?? null;
    },
  };
}
