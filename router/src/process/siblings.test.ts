import { createSiblings } from './siblings.ts';

describe('siblings', () => {
  it('are only this process where there are no workers', async () => {
    const siblings = createSiblings({ on: () => undefined });
    siblings.answer('how many', () => 1);
    expect(await siblings.ask('how many')).toEqual([1]);
    expect(await siblings.ask('what else')).toEqual([undefined]);
  });
});
