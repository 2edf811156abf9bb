import { parseValue } from 'graphql';
import { dateTime, patternString, safeInt } from './scalars.ts';

describe('a safe integer', () => {
  const amount = safeInt({ name: 'Amount', min: 0 });

  it('goes beyond 32 bits, and takes a bigint from a resolver', () => {
    expect(amount.serialize(5_000_000_000)).toBe(5_000_000_000);
    expect(amount.serialize(5_000_000_000n)).toBe(5_000_000_000);
    expect(amount.parseValue(5_000_000_000)).toBe(5_000_000_000);
    expect(amount.parseLiteral(parseValue('5000000000'))).toBe(5_000_000_000);
  });

  it.each([[1.5], ['1'], [-1], [2 ** 53], [null], [Number.NaN]])('is not %p', (value) => {
    expect(() => amount.parseValue(value)).toThrow();
  });

  it.each([['1.5'], ['"1"'], ['-1'], ['9007199254740993']])('is not the literal %s', (literal) => {
    expect(() => amount.parseLiteral(parseValue(literal))).toThrow();
  });

  it('never leaves as a number that lost digits', () => {
    expect(() => amount.serialize(2n ** 60n)).toThrow();
  });
});

describe('a date and time', () => {
  it('is ISO 8601 in UTC outside and a Date inside', () => {
    const date = new Date('2020-05-14T06:30:00.000Z');
    expect(dateTime.serialize(date)).toBe('2020-05-14T06:30:00.000Z');
    expect(dateTime.parseValue('2020-05-14T15:30:00+09:00')).toEqual(date);
    expect(() => dateTime.parseValue('yesterday')).toThrow();
  });
});

describe('a text of a pattern', () => {
  const code = patternString({ name: 'Code', pattern: /^\d{8}$/ });

  it('is checked both ways', () => {
    expect(code.parseValue('20200514')).toBe('20200514');
    expect(code.serialize('20200514')).toBe('20200514');
    expect(code.parseLiteral(parseValue('"20200514"'))).toBe('20200514');
    expect(() => code.parseValue('2020')).toThrow('Code must be of the pattern');
    expect(() => code.serialize('2020')).toThrow();
  });

  it('is a text, not a number', () => {
    expect(() => code.parseValue(20_200_514)).toThrow();
    expect(() => code.parseLiteral(parseValue('20200514'))).toThrow();
  });
});
