import { createPressGuard } from './press-guard.ts';

describe('the guard of presses', () => {
  it('keeps the second touch of a trembling finger from the order that moved up under it', () => {
    const counts = createPressGuard();
    expect(counts({ orderId: 'a', x: 100, y: 100, at: 0 })).toBe(true);
    expect(counts({ orderId: 'b', x: 104, y: 98, at: 250 })).toBe(false);
    expect(counts({ orderId: 'b', x: 104, y: 98, at: 900 })).toBe(true);
  });

  it('lets two orders be dealt with quickly in two places', () => {
    const counts = createPressGuard();
    expect(counts({ orderId: 'a', x: 100, y: 100, at: 0 })).toBe(true);
    expect(counts({ orderId: 'b', x: 500, y: 100, at: 100 })).toBe(true);
  });

  it('leaves a second press on the same order to its command, which knows that it is under way', () => {
    const counts = createPressGuard();
    expect(counts({ orderId: 'a', x: 100, y: 100, at: 0 })).toBe(true);
    expect(counts({ orderId: 'a', x: 100, y: 100, at: 100 })).toBe(true);
  });
});
