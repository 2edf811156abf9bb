import { outboxJson, readOutbox } from './outbox.ts';
import { createTestDatabase } from './testing/database.ts';
import type { TestDatabase } from './testing/database.ts';
import { testEvent } from './testing/events.ts';

describe('the outbox', () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  const events = [testEvent('a', 1), testEvent('b', 1), testEvent('a', 2), testEvent('a', 3), testEvent('a', 4)];

  async function append(): Promise<void> {
    const rows = await db.query('SELECT outbox_append($1::jsonb) AS added', [outboxJson(events, () => 'things.thing')]);
    expect(rows).toEqual([{ added: '5' }]);
  }

  it('gives the events of an aggregate between two versions, in their order', async () => {
    await append();

    expect(await readOutbox(db.client, 'a', 2, 3)).toEqual([events[2], events[3]]);
    expect(await readOutbox(db.client, 'a', 4, 9)).toEqual([events[4]]);
    expect(await readOutbox(db.client, 'c', 1, 9)).toEqual([]);
  });

  it('takes an event that is there already for a fault, and none of those that came with it', async () => {
    await append();

    const more = outboxJson([testEvent('c', 1), testEvent('a', 4)], () => 'things.thing');
    await expect(db.query('SELECT outbox_append($1::jsonb)', [more])).rejects.toThrow('duplicate key');

    expect(await readOutbox(db.client, 'c', 1, 1)).toEqual([]);
  });
});
