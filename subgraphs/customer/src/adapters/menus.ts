import type { Envelope } from '@cafe-for-me/schema/events';
import type { Menus } from '../application/ports.ts';
import type { CafeMenu } from '../domain/menu.ts';
import type { Postgres, Sql } from './postgres.ts';

interface MenuRow {
  readonly open: boolean;
  readonly timeZone: string;
  readonly dayCutoffHour: number;
  readonly version: number;
  readonly product: string | null;
  readonly price: bigint | null;
  readonly available: boolean | null;
}

/** One statement, so that version and items belong together. */
const READ = `/* read_menu */ SELECT c.open, c.time_zone AS "timeZone", c.day_cutoff_hour AS "dayCutoffHour", c.version,
  i.product, i.price, i.available
FROM cafe c LEFT JOIN menu_item i ON i.cafe_id = c.id WHERE c.id = $1`;

const SAVE_CAFE = `/* save_cafe */ INSERT INTO cafe (id, name, open, time_zone, day_cutoff_hour, version) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO UPDATE SET name = $2, open = $3, time_zone = $4, day_cutoff_hour = $5, version = $6`;

const SAVE_ITEM = `/* save_menu_item */ WITH seen AS (UPDATE cafe SET version = $5 WHERE id = $1)
INSERT INTO menu_item (cafe_id, product, price, available) VALUES ($1, $2, $3::bigint, $4)
ON CONFLICT (cafe_id, product) DO UPDATE SET price = $3::bigint, available = $4`;

/**
 * The cafés' menus. They are remembered without an expiry, which is safe because an order is saved only if the version it was
 * priced at is still the stored one. That check is one look at a primary key inside the statement; reading the menu would be a
 * round trip more for each order, on top of two.
 */
export function createMenus({ client }: Pick<Postgres, 'client'>): Menus & { hasCafe(): Promise<boolean> } {
  const known = new Map<string, CafeMenu>();

  async function read(cafeId: string): Promise<CafeMenu | null> {
    const rows = await client.$queryRawUnsafe<MenuRow[]>(READ, cafeId);
    const menu = menuOf(cafeId, rows);
    if (menu === null) known.delete(cafeId);
    else known.set(cafeId, menu);
    return menu;
  }

  return {
    read,
    remembered: async (cafeId) => known.get(cafeId) ?? read(cafeId),
    hasCafe: async () => (await client.cafeRow.findFirst({ select: { id: true } })) !== null,
  };
}

function menuOf(cafeId: string, rows: readonly MenuRow[]): CafeMenu | null {
  const [cafe] = rows;
  if (cafe === undefined) return null;
  const { open, timeZone, dayCutoffHour, version } = cafe;
  const items = new Map(
    rows.flatMap(({ product, price, available }) =>
      product === null ? [] : [[product, { price: Number(price), available: available === true }] as const],
    ),
  );
  return { cafeId, open, clock: { timeZone, dayCutoffHour }, items, version };
}

/** Brings what delivery says of a café into the replica. */
export async function saveCafe(tx: Sql, { cafeId, aggregateVersion, data }: Envelope<'CafeSaved'>): Promise<void> {
  await tx.$executeRawUnsafe(
    SAVE_CAFE,
    cafeId,
    data.name,
    data.open,
    data.timeZone,
    data.dayCutoffHour,
    aggregateVersion,
  );
}

/** Brings a price or a sold-out mark into the replica. */
export async function saveMenuItem(
  tx: Sql,
  { cafeId, aggregateVersion, data }: Envelope<'MenuItemSaved'>,
): Promise<void> {
  await tx.$executeRawUnsafe(SAVE_ITEM, cafeId, data.product, data.price, data.available, aggregateVersion);
}
