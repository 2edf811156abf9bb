import { MalformedEventError, parseEnvelope } from './events.ts';
import { testEvent } from './testing/events.ts';

describe('parseEnvelope', () => {
  it('reads what was written, fields it does not know included', () => {
    const event = { ...testEvent('a', 1, { note: '☕️' }), place: 92 };
    expect(parseEnvelope(JSON.stringify(event))).toEqual(event);
  });

  it.each([
    ['no JSON', 'no'],
    ['null', 'null'],
    ['an id that is no UUID', JSON.stringify({ ...testEvent('a', 1), id: '1' })],
    ['no type', JSON.stringify({ ...testEvent('a', 1), type: undefined })],
    ['no aggregate', JSON.stringify({ ...testEvent('a', 1), aggregateId: 1 })],
    ['version 0', JSON.stringify(testEvent('a', 0))],
    ['version 1.5', JSON.stringify(testEvent('a', 1.5))],
  ])('refuses %s', (_, text) => {
    expect(() => parseEnvelope(text)).toThrow(MalformedEventError);
  });
});
