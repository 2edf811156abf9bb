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
