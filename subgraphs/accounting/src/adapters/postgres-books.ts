import type { BookedDay, BookedSale, Books, Statistics } from '../application/ports.ts';
import { parseTransferId } from '../domain/transfer.ts';
import type { AccountingModel, LedgerEntryModel } from '../generated/prisma/models.ts';
import { won, type Client } from './postgres.ts';
import { readLedger } from './postgres-ledger.ts';
import { toTransfer, transferColumns, type TransferRow } from './postgres-transfers.ts';

/** The read side: everything from this database alone. */
export function readBooks(client: Client): Books {
  return {
    ...readLedger(client),

    async day(cafeId, businessDate) {
      const row = await client.accounting.findUnique({ where: { cafeId_businessDate: { cafeId, businessDate } } });
      return row === null ? undefined : toDay(row);
    },

    async days(cafeId, { from, to, before, limit }) {
      const rows = await client.accounting.findMany({
        where: {
          cafeId,
          AND: [
            from === undefined ? {} : { businessDate: { gte: from } },
            to === undefined ? {} : { businessDate: { lte: to } },
            before === undefined ? {} : { businessDate: { lt: before } },
          ],
        },
        orderBy: { businessDate: 'desc' },
        take: limit,
      });
      return rows.map(toDay);
    },

    async statistics(cafeId, from, to, groupBy) {
      const rows = await client.$queryRaw<StatisticsRow[]>`
        SELECT left(business_date, ${groupBy === 'DAY' ? 8 : 6}::int) AS period, sum(ordered_sum)::bigint AS "orderedSum",
          sum(sales_sum)::bigint AS "salesSum", sum(canceled_sum)::bigint AS "canceledSum",
          sum(sales_qty)::bigint AS "salesQty", sum(order_count)::bigint AS "orderCount", max(as_of) AS "asOf"
        FROM accounting_statistics
        WHERE cafe_id = ${cafeId} AND business_date BETWEEN ${from} AND ${to}
        GROUP BY 1 ORDER BY 1`;
      return rows.map(toStatistics);
    },

    async sales(orderIds) {
      // PostgreSQL's text holds no NUL; no order has such an id.
      const ids = orderIds.filter((id) => !id.includes('\0'));
      const rows = await client.ledgerEntry.findMany({ where: { orderId: { in: ids } } });
      const canceled = new Set(rows.filter(({ kind }) => kind === 'CORRECTION').map(({ orderId }) => orderId));
      return rows.filter(({ kind }) => kind === 'SALE').map((row) => toSale(row, canceled.has(row.orderId)));
    },

    async clockOf(cafeId) {
      const cafe = await client.cafe.findUnique({ where: { id: cafeId } });
      return cafe === null ? undefined : { timeZone: cafe.timeZone, dayCutoffHour: cafe.dayCutoffHour };
    },

    async transfers(cafeId, { status, before, limit }) {
      const rows = await client.headquartersTransfer.findMany({
        where: {
          cafeId,
          ...(status === undefined ? {} : { status: { in: [...status] } }),
          ...(before === undefined ? {} : { position: { lt: before } }),
        },
        orderBy: { position: 'desc' },
        take: limit,
      });
      return rows.map((row) => Object.assign(toTransfer(row), { position: Number(row.position) }));
    },

    async transfer(id) {
      const key = parseTransferId(id);
      if (key === undefined) return undefined;
      const row = await client.headquartersTransfer.findUnique({ where: { cafeId_businessDate_revision: key } });
      return row === null ? undefined : toTransfer(row);
    },

    async newestTransfers(days) {
      const rows = await client.$queryRaw<TransferRow[]>`
        SELECT ${transferColumns}
        FROM unnest(${days.map(({ cafeId }) => cafeId)}::text[], ${days.map(({ businessDate }) => businessDate)}::text[])
          AS asked(cafe, day)
        CROSS JOIN LATERAL (
          SELECT * FROM headquarters_transfer WHERE cafe_id = asked.cafe AND business_date = asked.day
          ORDER BY revision DESC LIMIT 1
        ) AS t`;
      return rows.map(toTransfer);
    },
  };
}

type SumNames = 'orderedSum' | 'salesSum' | 'canceledSum' | 'salesQty' | 'orderCount';
type StatisticsRow = Omit<Statistics, SumNames> & Record<SumNames, bigint>;

function toStatistics({
  period,
  orderedSum,
  salesSum,
  canceledSum,
  salesQty,
  orderCount,
  asOf,
}: StatisticsRow): Statistics {
  return {
    period,
    orderedSum: won(orderedSum),
    salesSum: won(salesSum),
    canceledSum: won(canceledSum),
    salesQty: Number(salesQty),
    orderCount: Number(orderCount),
    asOf,
  };
}

function toDay(row: AccountingModel): BookedDay {
  return { ...row, salesSum: won(row.salesSum), canceledSum: won(row.canceledSum) };
}

function toSale(row: LedgerEntryModel, canceled: boolean): BookedSale {
  const { orderId, customerId, cafeId, businessDate, qty } = row;
  return { orderId, customerId, cafeId, businessDate, qty, amount: canceled ? 0 : won(row.amount), canceled };
}
