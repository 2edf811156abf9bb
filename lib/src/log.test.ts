import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { transformSync } from '@swc/core';
import { addContext, currentContext, inContext } from './log.ts';
import { collectLog } from './testing/log-lines.ts';

describe('a logger', () => {
  it('writes a JSON line with the level as a word, the time in ISO 8601 and the service', () => {
    const { log, lines } = collectLog();
    log.info({ attempt: 2 }, 'tried');
    expect(lines[0]).toMatchObject({ level: 'info', service: 'test', attempt: 2, msg: 'tried' });
    expect(new Date(lines[0]?.['time'] as string).toISOString()).toBe(lines[0]?.['time']);
  });

  it('writes an error with its cause', () => {
    const { log, lines } = collectLog();
    log.error({ error: new Error('outer', { cause: new Error('inner') }) }, 'failed');
    expect(lines[0]).toMatchObject({ error: { message: 'outer', cause: { message: 'inner' } } });
  });
});

describe('the context of a piece of work', () => {
  it('stands in every line logged inside it, also after an await', async () => {
    const { log, lines } = collectLog();
    await inContext({ requestId: 'r1' }, async () => {
      await Promise.resolve();
      addContext({ thingId: 't1' });
      log.info('inside');
    });
    log.info('outside');
    expect(lines[0]).toMatchObject({ requestId: 'r1', thingId: 't1' });
    expect(lines[1]).not.toHaveProperty('requestId');
  });

  it('keeps works that run side by side apart', async () => {
    const { log, lines } = collectLog();
    await Promise.all(
      ['a', 'b'].map((requestId) =>
        inContext({ requestId }, async () => {
          await Promise.resolve();
          addContext({ mine: requestId });
          log.info('inside');
        }),
      ),
    );
    expect(lines.map((line) => [line['requestId'], line['mine']])).toEqual([
      ['a', 'a'],
      ['b', 'b'],
    ]);
  });

  it('takes over the fields of the context around it without changing them', () => {
    inContext({ requestId: 'r1' }, () => {
      inContext({ job: 'j1' }, () => expect(currentContext()).toEqual({ requestId: 'r1', job: 'j1' }));
      expect(currentContext()).toEqual({ requestId: 'r1' });
    });
    expect(currentContext()).toEqual({});
  });
});

/** A process that logs: what it had written before it was let go on, and in the end. */
async function linesOf(script: string, { goOn }: { goOn: (child: ReturnType<typeof spawn>) => void }) {
  const source = readFileSync(new URL('./log.ts', import.meta.url), 'utf8');
  const { code } = transformSync(source, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
  const program = `${code}\nconst log = createLogger({ service: 'child' });\n${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: new URL('.', import.meta.url),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let text = '';
  let told = false;
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (!told) goOn(child);
    told = true;
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
}
const nothing = (): void => {};

describe('the lines of a process', () => {
  it.each([
    ['ends by itself', ''],
    ['exits', 'process.exit(0);'],
    ['dies of an error that nobody caught', `throw new Error('oops');`],
    ['dies of a promise that nobody caught', `await Promise.reject(new Error('oops'));`],
  ])('are all written when it %s', async (_name, end) => {
    const many = `for (let count = 0; count < 100; count++) log.info('line ' + count);`;
    const expected = Array.from({ length: 100 }, (_, count) => `line ${count}`);
    expect(await linesOf(many + end, { goOn: nothing })).toEqual(expected);
  });

  it.each(['warn', 'error', 'fatal'])('are written at once up to one of level %s', async (level) => {
    const script = `log.info('first'); log.${level}('second'); process.kill(process.pid, 'SIGKILL');`;
    expect(await linesOf(script, { goOn: nothing })).toEqual(['first', 'second']);
  });

  it('are written after a moment while it goes on', async () => {
    const script = `log.info('first'); process.stdin.resume();`;
    expect(await linesOf(script, { goOn: (child) => child.kill('SIGKILL') })).toEqual(['first']);
  });
});
