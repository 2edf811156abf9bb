import { appendFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHeadquartersSimulator } from './headquarters.ts';
import { openJournal } from './journal.ts';
import { createPaymentSimulator } from './payment.ts';
import { createSmsSimulator } from './sms.ts';
import { startClient } from './test-client.ts';

const simulators = {
  payment: {
    create: createPaymentSimulator,
    fill: { path: '/charges', body: { key: 'order:1:charge', amount: 2000, orderId: '1' }, key: 'order:1:charge' },
    book: '/book',
    mark: '"status":"CHARGED"',
  },
  SMS: {
    create: createSmsSimulator,
    fill: { path: '/messages', body: { key: 'order:1:PLACED', to: '010', text: 'paid' }, key: 'order:1:PLACED' },
    book: '/inbox',
    mark: '"text":"paid"',
  },
  headquarters: {
    create: createHeadquartersSimulator,
    fill: {
      path: '/sales-transfers',
      body: { cafeId: '92', businessDate: '20200514', revision: 1, salesSum: 2000, salesQty: 1, orderCount: 1 },
      key: '92:20200514:1',
    },
    book: '/book',
    mark: '"salesSum":2000',
  },
};

describe.each(Object.entries(simulators))('what %s remembers', (_, { create, fill, book, mark }) => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'journal-'))));
  afterEach(() => rm(folder, { recursive: true }));

  async function during<Result>(work: (client: Awaited<ReturnType<typeof startClient>>) => Promise<Result>) {
    const journal = openJournal(join(folder, 'books', 'of.jsonl'));
    const client = await startClient(create({ journal }));
    try {
      return await work(client);
    } finally {
      await client.stop();
      journal.close();
    }
  }
  const read = () => during(async (client) => JSON.stringify((await client.get(book)).body));

  it('is the same after a restart, and a line that was cut off spoils nothing', async () => {
    const before = await during(async (client) => {
      await client.post(fill.path, fill.body, fill.key);
      return JSON.stringify((await client.get(book)).body);
    });
    expect(before).toContain(mark);
    await appendFile(join(folder, 'books', 'of.jsonl'), '["sent","cut o');
    expect(await read()).toBe(before);
    await during((client) => client.post(fill.path, fill.body, fill.key));
    const after = await read();
    expect(after.split(mark)).toHaveLength(before.split(mark).length);
  });

  it('is forgotten for good by a reset', async () => {
    await during(async (client) => {
      await client.post(fill.path, fill.body, fill.key);
      await client.post('/reset', {});
    });
    expect(await read()).not.toContain(mark);
  });
});

describe('A journal', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'journal-'))));
  afterEach(() => rm(folder, { recursive: true }));

  it('has a change in its file before it goes on, and no more than is needed after it was opened again', async () => {
    const file = join(folder, 'of.jsonl');
    const journal = openJournal(file);
    const book = journal.book<number>('counts');
    for (let count = 1; count <= 100; count++) book.set('one', count);
    expect((await readFile(file, 'utf8')).trim().split('\n').at(-1)).toBe('["counts","one",100]');
    journal.close();
    openJournal(file).close();
    expect(await readFile(file, 'utf8')).toBe('["counts","one",100]\n');
  });

  it('goes on without its file, says so once, and writes what it missed when it can', async () => {
    const file = join(folder, 'of.jsonl');
    // Where the new file would be made.
    await mkdir(join(`${file}.new`, 'in the way'), { recursive: true });
    const failures: unknown[] = [];
    const journal = openJournal(file, (error) => failures.push(error));
    const book = journal.book<number>('counts');
    book.set('one', 1).set('two', 2);
    expect([failures.length, [...book]]).toEqual([
      1,
      [
        ['one', 1],
        ['two', 2],
      ],
    ]);
    await rm(`${file}.new`, { recursive: true });
    book.set('three', 3);
    journal.close();
    expect([...openJournal(file).book<number>('counts').keys()]).toEqual(['one', 'two', 'three']);
  });
});
