import { parsePosition, positionText } from './live-position.ts';

describe('a position', () => {
  it('is a stream and a sequence, and says what the subscriber has beyond it', () => {
    expect(positionText('ORDERS-x1', 17)).toBe('ORDERS-x1~17');
    expect(parsePosition('ORDERS-x1~17')).toEqual({ stream: 'ORDERS-x1', sequence: 17, ahead: new Map() });
    const ahead = new Map([
      ['order 1', 3],
      ['92:20200514', 12],
    ]);
    const text = positionText('S', 0, ahead);
    expect(text).toMatch(/^S~0~[\w-]+$/);
    expect(parsePosition(text)).toEqual({ stream: 'S', sequence: 0, ahead });
    expect(positionText('S', 5, new Map())).toBe('S~5');
  });

  it('stays short: beyond a few versions nothing can go on from it', () => {
    const ahead = new Map(Array.from({ length: 200 }, (_, place) => [`aggregate ${place}`, 1]));
    const text = positionText('S', 5, ahead);
    expect(text).toBe('S~5~-');
    expect(parsePosition(text)).toBeUndefined();
  });

  it.each([
    '',
    'S',
    'S~',
    '~5',
    'S~-1',
    'S~1.5',
    'S~99999999999999999',
    'S~9007199254740993',
    'S ~5',
    'S~5~',
    'S~5~AA',
    `S~5~${Buffer.from('{"a":1}').toString('base64url')}`,
    `S~5~${Buffer.from('[["a","1"]]').toString('base64url')}`,
    `S~5~${Buffer.from('[["a",1,2]]').toString('base64url')}`,
    `S~5~${'A'.repeat(3_000)}`,
  ])('is not %j', (text) => {
    expect(parsePosition(text)).toBeUndefined();
  });
});
