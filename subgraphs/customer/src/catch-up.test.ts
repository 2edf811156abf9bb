import { collectLog } from '@cafe-for-me/lib/testing/log-lines';
import { until } from '@cafe-for-me/lib/testing/until';
import { catchUp, type Standing } from './catch-up.ts';

describe('catching up before the service is ready', () => {
  const { log, lines } = collectLog();
  beforeEach(() => lines.splice(0));

  it('ends without a word when all is applied', async () => {
    const standings: Standing[] = ['no stream', 'behind', 'caught up'];
    const replica = catchUp(async () => standings.shift() ?? 'behind', { log, everyMs: 1 });
    replica.start();
    expect(replica.isReady()).toBe(false);
    await until(() => replica.isReady());
    expect(standings).toEqual([]);
    expect(lines).toEqual([]);
  });

  it('does not wait long for a stream that nobody makes', async () => {
    const replica = catchUp(async () => 'no stream', { log, everyMs: 1, streamWithinMs: 5, withinMs: 60_000 });
    replica.start();
    await until(() => replica.isReady());
    expect(lines).toEqual([expect.objectContaining({ level: 'info' })]);
  });

  it('takes a broker that is away for no missing stream, and warns when it gives up', async () => {
    const replica = catchUp(() => Promise.reject(new Error('away')), {
      log,
      everyMs: 1,
      streamWithinMs: 0,
      withinMs: 20,
    });
    replica.start();
    await until(() => replica.isReady());
    expect(lines).toEqual([expect.objectContaining({ level: 'warn' })]);
  });
});
