import { runDeadLettersCommand } from './dead-letters-command.ts';
import { createTestDatabase } from './testing/database.ts';
import type { TestDatabase } from './testing/database.ts';
import { testEvent } from './testing/events.ts';

const [first, second] = [testEvent('a', 1), testEvent('b', 1)];
let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
  for (const event of [first, second]) {
    await db.query(
      `INSERT INTO dead_letter (consumer, event_id, aggregate_id, version, envelope, error, tries)
       VALUES ('books-ORDERS', $1, $2, 1, $3, 'Error: no', 5)`,
      [event.id, event.aggregateId, event],
    );
  }
});

afterEach(() => db.drop());

const marked = async (): Promise<string[]> =>
  (await db.query<{ event_id: string }>('SELECT event_id FROM dead_letter WHERE retry_at <= now()')).map(
    (row) => row.event_id,
  );

describe('runDeadLettersCommand', () => {
  it('lists each letter as a line of JSON', async () => {
    const lines = (await runDeadLettersCommand(['list'], db.client)).split('\n');

    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      eventId: first.id,
      tries: 5,
      error: 'Error: no',
      envelope: first,
    });
  });

  it('marks the letters named, or all of them', async () => {
    expect(await runDeadLettersCommand(['retry', '--id', second.id], db.client)).toContain('1 letter is');
    expect(await marked()).toEqual([second.id]);

    expect(await runDeadLettersCommand(['retry', '--all'], db.client)).toContain('2 letters are');
    expect(await marked()).toHaveLength(2);
  });

  it.each([[[]], [['retry']], [['retry', '--all', '--id', first.id]], [['bury']], [['list', '--what']]])(
    'answers %j with how it is used',
    async (args) => {
      await expect(runDeadLettersCommand(args, db.client)).rejects.toThrow('usage:');
    },
  );
});
