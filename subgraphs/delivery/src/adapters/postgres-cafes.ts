import { outboxJson } from '@cafe-for-me/lib/outbox';
import { subjectOf } from '@cafe-for-me/schema/events';
import type { CafeTransition, Cafes, CommandKey } from '../application/ports.ts';
import type { Cafe } from '../domain/cafe.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { isTaken, type Database } from './postgres.ts';

/** The café moves on by one version, whether itself or its menu changed; the item is saved only with it. */
const SAVE = `/* cafe-save */
  WITH changed AS (
    UPDATE cafe SET version = $3::int, updated_at = $4::timestamptz, open = COALESCE($5::boolean, open)
    WHERE id = $1 AND version = $2::int
    RETURNING id
  ), item AS (
    INSERT INTO menu_item (cafe_id, product, price, available)
    SELECT id, $6, $7::bigint, $8::boolean FROM changed WHERE $6::text IS NOT NULL
    ON CONFLICT (cafe_id, product) DO UPDATE SET price = excluded.price, available = excluded.available
  ), remembered AS (
    INSERT INTO command_key (caller, key, command, input_hash, subject, created_at)
    SELECT $9, $10, $11, $12, id, $4::timestamptz FROM changed WHERE $9::text IS NOT NULL
  )
  SELECT outbox_append($13::jsonb) FROM changed`;

const ADD = `/* cafe-add */
  WITH added AS (
    INSERT INTO cafe (id, name, open, time_zone, day_cutoff_hour, version, updated_at)
    VALUES ($1, $2, $3::boolean, $4, $5::int, $6::int, $7::timestamptz)
    ON CONFLICT (id) DO NOTHING
    RETURNING id
  )
  SELECT outbox_append($8::jsonb) FROM added`;

const WITH_MENU = { menu: { orderBy: { position: 'asc' } } } as const satisfies Prisma.CafeInclude;

type CafeRow = Prisma.CafeGetPayload<{ include: typeof WITH_MENU }>;

function cafeOf({ id, name, open, timeZone, dayCutoffHour, version, menu }: CafeRow): Cafe {
  const items = menu.map(({ product, price, available }) => ({ product, price: Number(price), available }));
  return { id, name, open, timeZone, dayCutoffHour, version, menu: items };
}

/** The rows of cafés and their menus. */
export function cafesIn(database: Database): Cafes {
  async function remembered(key: CommandKey | undefined) {
    if (!key) return null;
    return database.commandKey.findUnique({
      where: { caller_key: { caller: key.caller, key: key.key } },
      select: { command: true, inputHash: true },
    });
  }

  async function appended(statement: string, ...values: unknown[]): Promise<boolean> {
    try {
      return (await database.$queryRawUnsafe<unknown[]>(statement, ...values)).length > 0;
    } catch (error) {
      if (isTaken(error)) return false;
      throw error;
    }
  }

  return {
    async load(cafeId, key) {
      // First the key: what a twin of this command saved under it is then in the row that is read.
      const known = await remembered(key);
      const row = await database.cafe.findUnique({ where: { id: cafeId }, include: WITH_MENU });
      return { found: row && cafeOf(row), remembered: known };
    },

    async add({ cafe, event }) {
      return appended(
        ADD,
        cafe.id,
        cafe.name,
        cafe.open,
        cafe.timeZone,
        cafe.dayCutoffHour,
        cafe.version,
        event.occurredAt,
        outboxJson([event], subjectOf),
      );
    },

    async save({ cafe, event, key }: CafeTransition) {
      const { open, item } =
        event.type === 'CafeSaved' ? { open: event.data.open, item: null } : { open: null, item: event.data };
      return appended(
        SAVE,
        cafe.id,
        cafe.version,
        event.aggregateVersion,
        event.occurredAt,
        open,
        item?.product ?? null,
        item?.price ?? null,
        item?.available ?? null,
        key?.caller ?? null,
        key?.key ?? null,
        key?.command ?? null,
        key?.inputHash ?? null,
        outboxJson([event], subjectOf),
      );
    },

    async remember({ caller, key, command, inputHash }, subject) {
      const data = { caller, key, command, inputHash, subject, createdAt: new Date() };
      await database.commandKey.createMany({ data: [data], skipDuplicates: true });
    },

    async find(cafeIds) {
      const rows = await database.cafe.findMany({ where: { id: { in: [...cafeIds] } }, include: WITH_MENU });
      return rows.map(cafeOf);
    },

    async list({ after, limit }) {
      const rows = await database.cafe.findMany({
        where: { id: { gt: after } },
        orderBy: { id: 'asc' },
        take: limit,
        include: WITH_MENU,
      });
      return rows.map(cafeOf);
    },
  };
}
