import { Gate } from './gate.ts';

describe('a gate', () => {
  it('lets all go who wait when it opens, and shuts behind them', async () => {
    const gate = new Gate();
    const waiting = [gate.wait(), gate.wait(60_000)];
    expect(gate.waiting).toBe(2);
    gate.open();
    await Promise.all(waiting);
    void gate.wait();
    expect(gate.waiting).toBe(1);
  });

  it('keeps nothing of those who waited long enough', async () => {
    const gate = new Gate();
    await Promise.all([gate.wait(1), gate.wait(2)]);
    expect(gate.waiting).toBe(0);
  });
});
