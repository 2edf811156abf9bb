import { prepareMerge } from './merge.ts';
import { createRun, type Data } from './run.ts';

const abstractTypes = new Set(['Media']);
const run = () => createRun(undefined, undefined as never);
const inOne = (target: Data, source: string): Data => {
  prepareMerge({ abstractTypes, copies: false })([target], JSON.parse(source) as Data, run());
  return target;
};

describe('merging', () => {
  it('joins objects of one name, and lists of one length element by element', () => {
    const target = { a: { x: 1 }, list: [{ x: 1 }, null, 3] };
    expect(inOne(target, '{"a":{"y":2},"list":[{"y":2},{"z":3},4],"b":null}')).toEqual({
      a: { x: 1, y: 2 },
      list: [{ x: 1, y: 2 }, { z: 3 }, 4],
      b: null,
    });
  });

  it('keeps an object where another subgraph has null, whichever came first', () => {
    expect(inOne({ a: { x: 1 } }, '{"a":null}')).toEqual({ a: { x: 1 } });
    expect(inOne({ a: null }, '{"a":{"x":1}}')).toEqual({ a: { x: 1 } });
    expect(inOne({ list: [{ x: 1 }] }, '{"list":[null]}')).toEqual({ list: [{ x: 1 }] });
  });

  it('takes the later one of lists of different lengths, and of values that are no objects', () => {
    expect(inOne({ list: [1, 2], n: 1, o: {} }, '{"list":[3],"n":2,"o":"text"}')).toEqual({
      list: [3],
      n: 2,
      o: 'text',
    });
  });

  it('is not fooled by names that every object inherits', () => {
    const merged = inOne({}, '{"constructor":"c","toString":{"a":1},"__proto__":{"polluted":true},"hasOwnProperty":1}');
    expect(Object.entries(merged)).toEqual([
      ['constructor', 'c'],
      ['toString', { a: 1 }],
      ['hasOwnProperty', 1],
    ]);
    expect((merged as { polluted?: true }).polluted).toBeUndefined();
    expect(({} as { polluted?: true }).polluted).toBeUndefined();
  });

  it("keeps an object's own type where a subgraph only knows the interface", () => {
    expect(inOne({ __typename: 'Book' }, '{"__typename":"Media"}')).toEqual({ __typename: 'Book' });
    expect(inOne({ __typename: 'Media' }, '{"__typename":"Book"}')).toEqual({ __typename: 'Book' });
  });

  it('takes down what several places have in common', () => {
    const [first, second, current] = [{} as Data, {} as Data, run()];
    prepareMerge({ abstractTypes, copies: false })([first, second], { a: { x: 1 }, list: [], n: 1 }, current);
    expect(first).toEqual(second);
    expect([...current.shared!]).toEqual([first['a'], first['list']]);
    expect(first['a']).toBe(second['a']);
  });

  it('gives each place its own copy where they may differ', () => {
    const [first, second, current] = [{} as Data, {} as Data, run()];
    prepareMerge({ abstractTypes, copies: true })([first, second], { a: { x: 1 } }, current);
    expect(first).toEqual(second);
    expect(first['a']).not.toBe(second['a']);
    expect(current.shared).toBeUndefined();
  });
});
