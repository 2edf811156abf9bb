import { createHealth } from './health.ts';

describe('readiness', () => {
  it('holds while all checks hold', async () => {
    const health = createHealth({ database: async () => true, broker: () => true });
    expect(await health.ready()).toEqual({ status: 'ready', checks: { database: true, broker: true } });
  });

  it('fails with a check that fails, throws or does not answer, and names it', async () => {
    const health = createHealth(
      {
        no: () => false,
        throws: () => {
          throw new Error('no');
        },
        rejects: () => Promise.reject(new Error('no')),
        hangs: () => new Promise<boolean>(() => {}),
        yes: () => true,
      },
      { boundMs: 5 },
    );
    const checks = { no: false, throws: false, rejects: false, hangs: false, yes: true };
    expect(await health.ready()).toEqual({ status: 'not ready', checks });
  });

  it('ends with draining', async () => {
    const health = createHealth({});
    health.drain();
    expect((await health.ready()).status).toBe('draining');
  });
});
