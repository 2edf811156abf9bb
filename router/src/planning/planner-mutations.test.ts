import { federate } from '../testing/federation.ts';

const done: string[] = [];
function note(name: string) {
  return () => {
    done.push(name);
    return { a: `a of ${name}`, b: `b of ${name}` };
  };
}
const { ask } = federate({
  first: [
    'type Query { one: Int } type Mutation { pay: Result  audit: Result } type Result @shareable { a: String  b: String }',
    { Mutation: { pay: note('pay'), audit: note('audit') } },
  ],
  second: [
    'type Mutation { ship: Result } type Result @shareable { a: String  b: String }',
    { Mutation: { ship: note('ship') } },
  ],
});

beforeEach(() => void (done.length = 0));

describe('a mutation that is selected several times', () => {
  it('is done once, where it comes first', async () => {
    const { data } = await ask(
      'mutation { pay { a } ship { a } pay { b } ...F } fragment F on Mutation { ship { b } }',
    );
    expect(data).toEqual({ pay: { a: 'a of pay', b: 'b of pay' }, ship: { a: 'a of ship', b: 'b of ship' } });
    expect(done).toEqual(['pay', 'ship']);
  });

  it('is done twice under two names', async () => {
    await ask('mutation { pay { a } ship { a } again: pay { a } }');
    expect(done).toEqual(['pay', 'ship', 'pay']);
  });

  it.each([
    [true, true, ['pay', 'ship']],
    [true, false, ['pay', 'ship']],
    [false, true, ['ship', 'pay']],
    [false, false, ['ship']],
  ])('is done where it is first included: %s, %s', async (x, y, expected) => {
    const query = `mutation ($x: Boolean!, $y: Boolean!) {
      pay @include(if: $x) { a }  ship { a }  ... @include(if: $y) { pay { b } }
    }`;
    const { data, errors } = await ask(query, { x, y });
    expect(errors).toBeUndefined();
    expect(done).toEqual(expected);
    const pay = { ...(x && { a: 'a of pay' }), ...(y && { b: 'b of pay' }) };
    expect(data).toEqual({ ...((x || y) && { pay }), ship: { a: 'a of ship' } });
  });
});
