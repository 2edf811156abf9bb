import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beginLog, followLog, lastLinesOf, problemIn } from './log-files.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'log-test-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('log files', () => {
  it('begin anew at each start, with the last one kept', async () => {
    const file = join(dir, 'logs', 'router.log');
    beginLog(file);
    await appendFile(file, 'one\ntwo\nthree\n');
    expect(lastLinesOf(file, 2)).toEqual(['two', 'three']);
    beginLog(file);
    expect(existsSync(file)).toBe(false);
    expect(lastLinesOf(file, 2)).toEqual([]);
    expect(await readFile(join(dir, 'logs', 'router.previous.log'), 'utf8')).toContain('three');
  });

  it('are followed line by line, however they are written', async () => {
    const file = join(dir, 'router.log');
    const lines: string[] = [];
    let enough: (() => void) | undefined;
    const two = new Promise<void>((resolve) => (enough = resolve));
    const end = followLog(file, function note(line) {
      lines.push(line);
      if (lines.length === 2) enough?.();
    });
    await appendFile(file, 'first\nsec');
    await appendFile(file, 'ond\n');
    // The follower holds nothing up by itself, so something else has to wait.
    const alive = setInterval(() => undefined, 100);
    await two;
    clearInterval(alive);
    end();
    expect(lines).toEqual(['first', 'second']);
  });

  it('show warnings and errors in short, and nothing else', () => {
    expect(problemIn('{"level":"info","msg":"listening"}')).toBeUndefined();
    expect(problemIn('{"level":"warn","msg":"slow"}')).toBe('slow');
    expect(problemIn('{"level":50,"msg":"no answer","error":{"message":"refused\\nat …"}}')).toBe('no answer: refused');
    expect(problemIn('plain words about an error')).toBeUndefined();
  });
});
