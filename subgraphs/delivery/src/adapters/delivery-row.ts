import type { OrderLine, RejectReason } from '@cafe-for-me/schema/events';
import { unreachable } from '../domain/unreachable.ts';
import type { Delivery, DeliveryAtCafe } from '../domain/delivery.ts';
import type { Delivery as StoredRow } from '../generated/prisma/client.ts';

/** A row as raw statements give it when they select COLUMNS. */
export type DeliveryRow = Omit<StoredRow, 'lines' | 'status'> & {
  readonly lines: readonly OrderLine[];
  readonly status: Delivery['status'];
};

export const COLUMNS = `delivery.order_id AS "orderId", delivery.sequence, delivery.cafe_id AS "cafeId",
  delivery.customer_id AS "customerId", delivery.status, delivery.version, delivery.lines, delivery.total,
  delivery.accept_by AS "acceptBy", delivery.time_zone AS "timeZone", delivery.day_cutoff_hour AS "dayCutoffHour",
  delivery.created_at AS "createdAt", delivery.updated_at AS "updatedAt", delivery.since,
  delivery.entered_by AS "enteredBy", delivery.queue_number AS "queueNumber", delivery.ready_by AS "readyBy",
  delivery.received_at AS "receivedAt", delivery.received_by AS "receivedBy", delivery.ready_at AS "readyAt",
  delivery.pickup_code AS "pickupCode", delivery.reason, delivery.note`;

/** Reads a row back into the state that it was written from. */
export function deliveryOf(row: DeliveryRow): Delivery {
  const { orderId, cafeId, customerId, lines, acceptBy, createdAt, updatedAt, since, version } = row;
  const common = { orderId, cafeId, customerId, lines, acceptBy, createdAt, updatedAt, since, version };
  const state = { ...common, total: Number(row.total) };
  const { status } = row;
  switch (status) {
    case 'ORDER_GET':
    case 'EXPIRED':
    case 'CANCELED':
      return { ...state, status };
    case 'REJECTED': {
      const note = row.note === null ? {} : { note: row.note };
      return { ...state, status, by: staffOf(row), reason: set(row, 'reason') as RejectReason, ...note };
    }
    case 'RECEIVED':
      return { ...state, status, by: staffOf(row), ...acceptedOf(row) };
    case 'READY':
    case 'PICKED_UP':
      return { ...state, status, by: staffOf(row), ...acceptedOf(row), ...madeOf(row) };
    case 'NOT_COLLECTED':
      return { ...state, status, ...acceptedOf(row), ...madeOf(row) };
    case 'CANCELED_BY_CAFE': {
      const made = row.readyAt === null ? {} : madeOf(row);
      return { ...state, status, by: staffOf(row), reason: set(row, 'reason'), ...acceptedOf(row), ...made };
    }
    default:
      throw unreachable(status);
  }
}

export function deliveryAtCafe(row: DeliveryRow): DeliveryAtCafe {
  return { delivery: deliveryOf(row), clock: { timeZone: row.timeZone, dayCutoffHour: row.dayCutoffHour } };
}

const staffOf = (row: DeliveryRow): string => set(row, 'enteredBy');

function acceptedOf(row: DeliveryRow) {
  return {
    queueNumber: set(row, 'queueNumber'),
    readyBy: set(row, 'readyBy'),
    receivedAt: set(row, 'receivedAt'),
    receivedBy: set(row, 'receivedBy'),
  };
}

function madeOf(row: DeliveryRow) {
  return { pickupCode: set(row, 'pickupCode'), readyAt: set(row, 'readyAt') };
}

/** A column that the row's status demands. */
function set<Name extends keyof DeliveryRow>(row: DeliveryRow, name: Name): NonNullable<DeliveryRow[Name]> {
  const value = row[name];
  if (value === null || value === undefined)
    throw new Error(`Delivery ${row.orderId} is ${row.status} without ${name}`);
  return value;
}

/** The columns that change in the life of a delivery, in the order of the parameters 3 to 11 of the statement that saves it. */
export function changingColumns(delivery: Delivery): unknown[] {
  return [
    delivery.version,
    delivery.status,
    delivery.updatedAt.toISOString(),
    delivery.since.toISOString(),
    'by' in delivery ? delivery.by : null,
    'readyAt' in delivery ? (delivery.readyAt?.toISOString() ?? null) : null,
    'pickupCode' in delivery ? (delivery.pickupCode ?? null) : null,
    'reason' in delivery ? delivery.reason : null,
    'note' in delivery ? (delivery.note ?? null) : null,
  ];
}
