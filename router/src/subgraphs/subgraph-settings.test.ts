import { namesUnknownTo, settingsOf, subgraphSettings } from './subgraph-settings.ts';

describe("subgraphs' settings", () => {
  it('hold for all, and one subgraph may have its own of each', () => {
    const settings = subgraphSettings.parse({
      timeoutMs: 5_000,
      breaker: { probeAfterMs: 7 },
      byName: { slow: { timeoutMs: 60_000, retry: { attempts: 0 }, breaker: { minimumCalls: 3 } } },
    });
    const usual = settingsOf(settings, 'usual');
    const slow = settingsOf(settings, 'slow');
    expect(usual).toMatchObject({ timeoutMs: 5_000, retry: { attempts: 1, budgetPercent: 20 } });
    expect(slow).toMatchObject({ timeoutMs: 60_000, retry: { attempts: 0, budgetPercent: 20 } });
    expect(slow.breaker).toEqual({ ...usual.breaker, minimumCalls: 3 });
    expect(slow.breaker.probeAfterMs).toBe(7);
  });

  it('are for subgraphs that are there, or have a name that is told', () => {
    const settings = subgraphSettings.parse({ byName: { shops: {}, shop: {} } });
    expect(namesUnknownTo([{ name: 'shops' }, { name: 'users' }], settings)).toEqual(['shop']);
  });

  it('know a subgraph by its own name only', () => {
    expect(settingsOf(subgraphSettings.parse({}), 'constructor').timeoutMs).toBe(10_000);
  });
});
