import { createIntention } from './intention.ts';

function counted() {
  let made = 0;
  return createIntention(() => `key-${++made}`);
}

describe('an intention', () => {
  it('has one key for as long as the same is meant and nobody answers', () => {
    const intention = counted();
    expect(intention.keyFor({ readyInMinutes: 10 })).toBe('key-1');
    expect(intention.keyFor({ readyInMinutes: 10 })).toBe('key-1');
  });

  it('has another key when something else is meant, which the first key must not stand for', () => {
    const intention = counted();
    expect(intention.keyFor({ readyInMinutes: 10 })).toBe('key-1');
    expect(intention.keyFor({ readyInMinutes: 15 })).toBe('key-2');
  });

  it('begins anew after an answer', () => {
    const intention = counted();
    expect(intention.keyFor({ pickupCode: '4F2' })).toBe('key-1');
    intention.answered();
    expect(intention.keyFor({ pickupCode: '4F2' })).toBe('key-2');
  });
});
