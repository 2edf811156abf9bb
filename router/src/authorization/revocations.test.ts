import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@cafe-for-me/lib/log';
import { followRevocations, readRevocations } from './revocations.ts';

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'router-revocations-'));
  file = join(directory, 'revocations.json');
});
afterEach(() => rm(directory, { recursive: true }));

describe('the file of revocations', () => {
  it('says from which moment on tokens of a subject hold', async () => {
    await writeFile(file, '{ "alice": "2026-01-31T12:00:00Z", "bob": "2026-01-31T12:00:00.5+09:00" }');
    expect([...(await readRevocations(file))]).toEqual([
      ['alice', Date.UTC(2026, 0, 31, 12)],
      ['bob', Date.UTC(2026, 0, 31, 3, 0, 0, 500)],
    ]);
  });

  it.each([
    ['{\n  "alice": "yesterday"\n}', ':2: "alice" needs an instant'],
    ['{\n  "alice": "2026-01-31T12:00:00Z",\n\n  "bob": 5\n}', ':4: "bob" needs an instant'],
    ['{ "alice": "2026-13-31T12:00:00Z" }', ':1: "alice" needs an instant'],
    ['{\n  "alice": "2026-01-31T12:00:00Z"\n  "bob": "2026-01-31T12:00:00Z"\n}', ':3: This is no JSON'],
    ['{\n', ':2: This is no JSON'],
    ['[]', ':1: An object is expected'],
  ])('is refused with the line where it is wrong: %j', async (text, said) => {
    await writeFile(file, text);
    await expect(readRevocations(file)).rejects.toThrow(`${file}${said}`);
  });

  it('is refused when it is not there', async () => {
    await expect(readRevocations(file)).rejects.toThrow(`The file of revocations ${file} does not exist.`);
  });

  it('takes nothing back by a mistake that is made in it later', async () => {
    await writeFile(file, '{ "alice": "2026-01-31T12:00:00Z" }');
    const revocations = await followRevocations(file, createLogger({ service: 'router', level: 'silent' }));
    const before = { sub: 'alice', iat: Date.UTC(2026, 0, 31, 12) / 1_000 - 1 };
    let changes = 0;
    const end = revocations.onChange(() => (changes += 1));
    for (const broken of ['{', '{ "bob": "never" }']) {
      await writeFile(file, broken);
      await revocations.reload();
      expect(revocations.refuse(before)).toBe(true);
    }
    await rm(file);
    await revocations.reload();
    expect([revocations.refuse(before), changes]).toEqual([true, 0]);
    await writeFile(file, '{}');
    await revocations.reload();
    expect([revocations.refuse(before), changes]).toEqual([false, 1]);
    end();
    revocations.stop();
  });

  it('leaves tokens alone that were issued at its moment or later, and those of others', async () => {
    await writeFile(file, '{ "alice": "2026-01-31T12:00:00Z" }');
    const revocations = await followRevocations(file, createLogger({ service: 'router', level: 'silent' }));
    const iat = Date.UTC(2026, 0, 31, 12) / 1_000;
    expect(
      [{ sub: 'alice', iat }, { sub: 'alice', iat: iat - 1 }, { sub: 'alice' }, { sub: 'bob' }].map(revocations.refuse),
    ).toEqual([false, true, true, false]);
    revocations.stop();
  });
});
