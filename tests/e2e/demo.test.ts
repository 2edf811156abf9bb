import { playDemo, type DemoTarget } from '../demo/demo.ts';
import { createStage } from '../demo/script.ts';
import { openCafe, type Cafe } from '../harness/cafe.ts';

describe('the demonstration', () => {
  let cafe: Cafe;
  let target: DemoTarget;
  beforeAll(async () => {
    cafe = await openCafe();
    target = {
      graphUrl: cafe.system.urls.graph,
      paymentUrl: cafe.system.urls.payment,
      smsUrl: cafe.system.urls.sms,
      headquartersUrl: cafe.system.urls.headquarters,
      token: (claims) => cafe.system.token(claims),
    };
  }, 90_000);
  afterAll(() => cafe.close());

  it('shows live status and SMS as they come, and can be played again and again', async () => {
    for (const round of [1, 2]) {
      const lines: string[] = [];
      await playDemo(
        target,
        createStage((line) => lines.push(line)),
      );
      const at = (pattern: RegExp): number => lines.findIndex((line) => pattern.test(line));
      expect([round, at(/⚡ SMS .*: accepted/) >= 0]).toEqual([round, true]);
      expect(at(/⚡ SMS .*: paid/)).toBeLessThan(at(/⚡ SMS .*: accepted/));
      expect(at(/⚡ SMS .*: accepted/)).toBeLessThan(at(/⚡ SMS .*: ready/));
    }
  });

  it('fails at the first difference', async () => {
    await cafe.turn('headquarters', { mode: 'reject' });
    await cafe.turn('payment', { mode: 'decline', nextCharges: 1 });
    await expect(
      playDemo(
        target,
        createStage(() => undefined),
      ),
    ).rejects.toThrow(/expected|not paid/);
    await cafe.turn('payment', { mode: 'ok' });
    await cafe.turn('headquarters', { mode: 'ok' });
  });
});
