import { boundedFirst, connection, decodeCursor } from '@cafe-for-me/lib/cursor';
import { resumeFromOf } from '@cafe-for-me/lib/live-event';
import { z } from 'zod';
import { maySeeSale } from '../application/access.ts';
import type { BookedDay, Books, LiveDays, Now, Resending } from '../application/ports.ts';
import { readAccounting, readAccountings } from '../application/read-accounting.ts';
import { readCorrections } from '../application/read-corrections.ts';
import { readProductSales } from '../application/read-product-sales.ts';
import { readStatistics } from '../application/read-statistics.ts';
import { readTransfers } from '../application/read-transfers.ts';
import { resendTransfer, type ResendResult } from '../application/resend-transfer.ts';
import { watchAccounting } from '../application/watch-accounting.ts';
import { transferId } from '../domain/transfer.ts';
import { unreachable } from '../domain/unreachable.ts';
import type { Resolvers, ResolversTypes } from '../generated/resolvers.ts';
import { answering } from './graphql-errors.ts';
import { scalars } from './graphql-scalars.ts';

const dayCursor = z.string().regex(/^[0-9]{8}$/);
const correctionCursor = z.object({ at: z.iso.datetime(), eventId: z.uuid() });
const positionCursor = z.int().positive();

/** The subgraph's fields, each a line that asks a use case. */
export function createResolvers(parts: {
  books: Books;
  resending: Resending;
  live: LiveDays;
  now: Now;
  /** Called when a transfer was made ready to be sent. */
  wakeSender: () => void;
}) {
  const { books, resending, live, now, wakeSender } = parts;
  return {
    ...scalars,

    Query: {
      accounting: answering((_, { cafeId, businessDate }, { caller }) =>
        readAccounting(books, caller, cafeId, businessDate),
      ),

      accountings: answering(async (_, { cafeId, from, to, first, after }, { caller }) => {
        const count = boundedFirst(first, 100, 31);
        const before = decodeCursor(after, dayCursor);
        const page = { ...given({ from, to, before }), limit: count + 1 };
        const days = await readAccountings(books, caller, cafeId, page);
        return connection(days, count, ({ businessDate }) => businessDate, after);
      }),

      accountingStatistics: answering((_, asked, { caller }) => readStatistics(books, caller, asked)),

      productSales: answering((_, { cafeId, from, to, first }, { caller }) =>
        readProductSales(books, caller, { cafeId, from, to, limit: boundedFirst(first) }),
      ),

      corrections: answering(async (_, { cafeId, from, to, first, after }, { caller }) => {
        const count = boundedFirst(first);
        const before = decodeCursor(after, correctionCursor);
        const page = { ...given({ from, to, before }), limit: count + 1 };
        const corrections = await readCorrections(books, caller, cafeId, page);
        return connection(corrections, count, ({ at, eventId }) => ({ at: at.toISOString(), eventId }), after);
      }),

      headquartersTransfers: answering(async (_, { cafeId, status, first, after }, { caller }) => {
        const count = boundedFirst(first);
        const before = decodeCursor(after, positionCursor);
        const page = { ...given({ status, before }), limit: count + 1 };
        const transfers = await readTransfers(books, caller, cafeId, page);
        return connection(transfers, count, ({ position }) => position, after);
      }),
    },

    Mutation: {
      resendHeadquartersTransfer: answering(async (_, { input }, { caller }) =>
        payloadOf(await resendTransfer({ books, resending, wake: wakeSender }, caller, input)),
      ),
    },

    Subscription: {
      accountingChanged: {
        subscribe: answering((root, { cafeId }, { caller }) =>
          watchAccounting({ books, live, now }, caller, cafeId, resumeFromOf(root)),
        ),
        resolve: (day: BookedDay) => day,
      },
    },

    Accounting: {
      cafe: ({ cafeId }) => ({ id: cafeId }),
      transfer: (day, _, { newestTransfers }) => newestTransfers.load(day),
    },

    HeadquartersTransfer: {
      id: (transfer) => transferId(transfer),
      cafe: ({ cafeId }) => ({ id: cafeId }),
    },

    Correction: { order: ({ orderId }) => ({ id: orderId }) },

    Sale: { order: ({ orderId }) => ({ id: orderId }) },

    Order: {
      __resolveReference: ({ id }) => ({ id }),
      async sale({ id }, _, { caller, sales }) {
        const sale = await sales.load(id);
        return sale !== undefined && maySeeSale(caller, sale) ? sale : null;
      },
    },

    Cafe: {
      __resolveReference: ({ id }) => ({ id }),
      accounting: answering(({ id }, { businessDate }, { caller }) => readAccounting(books, caller, id, businessDate)),
    },

    UserError: { __resolveType: (error) => error.__typename },
  } satisfies Resolvers;
}

function payloadOf(result: ResendResult): {
  transfer: Extract<ResendResult, { kind: 'resent' }>['transfer'] | null;
  userErrors: ResolversTypes['UserError'][];
} {
  switch (result.kind) {
    case 'resent':
      return { transfer: result.transfer, userErrors: [] };
    case 'invalidKey':
      return refused({
        __typename: 'InvalidInputError',
        code: 'INVALID_INPUT',
        message: result.why,
        path: ['input', 'idempotencyKey'],
      });
    case 'notFound':
      return refused({
        __typename: 'TransferNotFoundError',
        code: 'TRANSFER_NOT_FOUND',
        message: 'There is no such transfer.',
        path: ['input', 'transferId'],
      });
    case 'keyReused':
      return refused({
        __typename: 'IdempotencyKeyReusedError',
        code: 'IDEMPOTENCY_KEY_REUSED',
        message: 'This key was used before for another transfer. Nothing was done.',
        path: ['input', 'idempotencyKey'],
      });
    case 'notResendable':
      return {
        ...refused({
          __typename: 'TransferNotResendableError',
          code: 'TRANSFER_NOT_RESENDABLE',
          message: result.why,
          path: ['input', 'transferId'],
          status: result.status,
        }),
        transfer: result.transfer,
      };
    default:
      throw unreachable(result);
  }
}

function refused(error: ResolversTypes['UserError']): { transfer: null; userErrors: ResolversTypes['UserError'][] } {
  return { transfer: null, userErrors: [error] };
}

/** Without the arguments that were left out or null. */
function given<Values extends Record<string, unknown>>(
  values: Values,
): { [Name in keyof Values]?: NonNullable<Values[Name]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined)) as {
    [Name in keyof Values]?: NonNullable<Values[Name]>;
  };
}
