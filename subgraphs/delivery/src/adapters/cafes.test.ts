import { randomUUID } from 'node:crypto';
import type { TestDatabase } from '@cafe-for-me/lib/testing/database';
import type { Caller } from '@cafe-for-me/schema/caller';
import { DEMO_CAFES } from '../application/demo-cafes.ts';
import type { Outcome } from '../application/refusal.ts';
import { saveMenuItem } from '../application/save-menu-item.ts';
import { seedCafes } from '../application/seed-cafes.ts';
import { setCafeOpen } from '../application/set-cafe-open.ts';
import { openStore, startDatabase, type Store } from '../testing/delivery.ts';

const bob: Caller = { kind: 'staff', id: 'bob', cafes: ['92', '93', 'nowhere'] };
const key = randomUUID;
const codeOf = (outcome: Outcome<unknown>): string => ('done' in outcome ? 'done' : outcome.refused.code);

describe('the cafés', () => {
  let database: TestDatabase;
  let one: Store;
  let two: Store;
  beforeAll(async () => {
    database = await startDatabase();
    one = openStore(database.url);
    two = openStore(database.url);
  });
  afterAll(async () => {
    await Promise.all([one.close(), two.close()]);
    await database.drop();
  });

  const save = (store: Store, product: string, price: number, available = true, idempotencyKey: string = key()) =>
    saveMenuItem(store.parts, bob, { idempotencyKey, cafeId: '92', product, price, available });

  async function versionsOf(cafeId: string): Promise<number[]> {
    const rows = await database.query<{ version: number }>(
      'SELECT aggregate_version AS version FROM outbox WHERE aggregate_id = $1 ORDER BY position',
      [`cafe:${cafeId}`],
    );
    return rows.map(({ version }) => version);
  }
  const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
  const cafe92 = async () => (await one.parts.cafes.load('92')).found;

  it('are seeded once, also by two at the same time, one version per event', async () => {
    const counts = await Promise.all([seedCafes(one.parts), seedCafes(two.parts)]);
    const expected = DEMO_CAFES.reduce((sum, { menu }) => sum + 1 + menu.length, 0);
    expect(counts[0] + counts[1]).toBe(expected);
    expect(await seedCafes(one.parts)).toBe(0);
    for (const { id, menu } of DEMO_CAFES) expect(await versionsOf(id)).toEqual(upTo(1 + menu.length));
    expect(await cafe92()).toMatchObject({ name: 'Café For Me Gangnam', open: true, dayCutoffHour: 4 });
    expect((await cafe92())?.menu.map(({ product }) => product).toSorted()).toEqual(
      DEMO_CAFES[0]?.menu.map(({ product }) => product).toSorted(),
    );
    expect((await cafe92())?.menu).toContainEqual({ product: 'IceAmericano', price: 2000, available: true });
    expect(DEMO_CAFES.some(({ menu }) => menu.some(({ available }) => !available))).toBe(true);
  });

  it('stay as the staff left them when they are seeded again', async () => {
    await setCafeOpen(one.parts, bob, { idempotencyKey: key(), cafeId: '92', open: false });
    await save(one, 'IceAmericano', 2100, false);
    expect(await seedCafes(two.parts)).toBe(0);
    expect(await cafe92()).toMatchObject({ open: false });
    expect((await cafe92())?.menu).toContainEqual({ product: 'IceAmericano', price: 2100, available: false });
    await setCafeOpen(one.parts, bob, { idempotencyKey: key(), cafeId: '92', open: true });
  });

  it('take changes at once from many, each with a version of its own', async () => {
    const before = (await versionsOf('92')).length;
    await Promise.all(upTo(40).map((count) => save(count % 2 === 0 ? one : two, `Special ${count}`, count)));
    expect(await versionsOf('92')).toEqual(upTo(before + 40));
    expect((await cafe92())?.version).toBe(before + 40);
  });

  it('tell nothing when there is nothing new, and remember the key all the same', async () => {
    await save(one, 'Tea', 3000);
    const versions = await versionsOf('92');
    const used = key();
    expect(await save(one, 'Tea', 3000, true, used)).toEqual({
      done: { product: 'Tea', price: 3000, available: true },
    });
    expect(await versionsOf('92')).toEqual(versions);
    expect(codeOf(await save(one, 'Tea', 3001, true, used))).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('carry out a change once per key', async () => {
    const used = key();
    const before = (await versionsOf('92')).length;
    const both = await Promise.all([save(one, 'Mocha', 4000, true, used), save(two, 'Mocha', 4000, true, used)]);
    expect(both.map(codeOf)).toEqual(['done', 'done']);
    expect(await versionsOf('92')).toHaveLength(before + 1);
  });

  it('keep names exactly, emoji and Korean included, and prices up to ten million won', async () => {
    const products = ['🧋 버블티 👨‍👩‍👧‍👦', '🍰'.repeat(100), `'; DROP TABLE cafe; --`];
    for (const product of products) expect(codeOf(await save(one, product, 10_000_000))).toBe('done');
    expect(codeOf(await save(one, 'Water', 0))).toBe('done');
    const menu = (await cafe92())?.menu ?? [];
    expect(menu.filter(({ price }) => price === 10_000_000).map(({ product }) => product)).toEqual(products);
    expect(menu.at(-1)).toEqual({ product: 'Water', price: 0, available: true });
  });

  it.each([
    ['price', 'Tea', -1],
    ['price', 'Tea', 10_000_001],
    ['price', 'Tea', 1.5],
    ['product', '', 1],
    ['product', '   ', 1],
    ['product', '🍰'.repeat(101), 1],
    ['product', 'a\0b', 1],
    ['product', '\uD83C', 1],
  ])('refuse a wrong %s: %j at %d won', async (field, product, price) => {
    const versions = await versionsOf('92');
    expect(await save(one, product, price)).toMatchObject({
      refused: { code: 'INVALID_INPUT', path: ['input', field] },
    });
    expect(await versionsOf('92')).toEqual(versions);
  });

  it('refuse to change a café that there is not', async () => {
    const outcome = await setCafeOpen(one.parts, bob, { idempotencyKey: key(), cafeId: 'nowhere', open: true });
    expect(outcome).toMatchObject({ refused: { code: 'INVALID_INPUT', path: ['input', 'cafeId'] } });
  });
});
