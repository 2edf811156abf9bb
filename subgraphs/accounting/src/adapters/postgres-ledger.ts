import type { BookedCorrection, Books, SoldProduct } from '../application/ports.ts';
import { Prisma } from '../generated/prisma/client.ts';
import { won, type Client } from './postgres.ts';

/** What is read of single entries, from the ledger itself. */
export function readLedger(client: Client): Pick<Books, 'productSales' | 'corrections'> {
  return {
    async productSales(cafeId, from, to, limit) {
      const rows = await client.$queryRaw<SoldProductRow[]>`
        SELECT line.product, sum(coalesce(line.qty, entry.qty))::bigint AS "salesQty",
          sum(coalesce(line.amount, entry.amount))::bigint AS "salesSum", max(entry.occurred_at) AS "asOf"
        -- An entry without lines was booked before products were kept. OFFSET 0 has the lines looked up entry by entry: a plain
        -- join of a month's entries would read the lines of every café and day instead.
        FROM ledger_entry AS entry
        LEFT JOIN LATERAL (SELECT * FROM ledger_line WHERE event_id = entry.event_id OFFSET 0) AS line ON TRUE
        WHERE entry.cafe_id = ${cafeId} AND entry.business_date BETWEEN ${from} AND ${to}
        GROUP BY line.product ORDER BY "salesSum" DESC, "salesQty" DESC, line.product LIMIT ${limit}::int`;
      return rows.map(toSoldProduct);
    },

    async corrections(cafeId, { from, to, before, limit }) {
      const rows = await client.$queryRaw<CorrectionRow[]>`
        SELECT taken.event_id AS "eventId", taken.order_id AS "orderId", taken.business_date AS "businessDate",
          sale.business_date AS "soldOn", -taken.amount AS amount, -taken.qty AS qty, taken.reason, taken.occurred_at AS at
        FROM ledger_entry AS taken LEFT JOIN ledger_entry AS sale ON sale.order_id = taken.order_id AND sale.kind = 'SALE'
        WHERE taken.cafe_id = ${cafeId} AND taken.kind = 'CORRECTION'
          ${from === undefined ? Prisma.empty : Prisma.sql`AND taken.business_date >= ${from}`}
          ${to === undefined ? Prisma.empty : Prisma.sql`AND taken.business_date <= ${to}`}
          ${
            before === undefined
              ? Prisma.empty
              : Prisma.sql`AND (taken.occurred_at, taken.event_id) < (${before.at}::timestamptz, ${before.eventId}::uuid)`
          }
        ORDER BY taken.occurred_at DESC, taken.event_id DESC LIMIT ${limit}::int`;
      return rows.map((row): BookedCorrection => Object.assign(row, { amount: won(row.amount) }));
    },
  };
}

interface SoldProductRow extends Omit<SoldProduct, 'salesQty' | 'salesSum'> {
  readonly salesQty: bigint;
  readonly salesSum: bigint;
}

interface CorrectionRow extends Omit<BookedCorrection, 'amount'> {
  readonly amount: bigint;
}

function toSoldProduct({ product, salesQty, salesSum, asOf }: SoldProductRow): SoldProduct {
  return { product, salesQty: Number(salesQty), salesSum: won(salesSum), asOf };
}
