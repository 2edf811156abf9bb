import { preparePlaces } from './paths.ts';
import { createRun, type Data } from './run.ts';

const runWith = (data: Data) => createRun(undefined, undefined as never, data);
const a1 = { __typename: 'A', id: 1 };
const b2 = { __typename: 'B', id: 2 };

describe('places', () => {
  it('are the root where there is no path', () => {
    const data = { x: 1 };
    expect(preparePlaces([]).objects(runWith(data))).toEqual([data]);
    expect(preparePlaces([]).isRoot).toBe(true);
  });

  it('leave out what is not there', () => {
    const run = runWith({ list: [a1, null, { __typename: 'C' }, 'text', [b2]], none: null, text: 'x' });
    expect(preparePlaces(['list', '@']).objects(run)).toEqual([a1, { __typename: 'C' }]);
    expect(preparePlaces(['none', 'x']).objects(run)).toEqual([]);
    expect(preparePlaces(['text', 'length']).objects(run)).toEqual([]);
    expect(preparePlaces(['text', '@']).objects(run)).toEqual([]);
    expect(preparePlaces(['constructor', 'x']).objects(run)).toEqual([]);
  });

  it('are found in lists of lists', () => {
    const run = runWith({ grid: [[a1], [b2, a1]] });
    const places = preparePlaces(['grid', '@', '@']);
    expect(places.objects(run)).toEqual([a1, b2, a1]);
    expect(places.paths(run)).toEqual(
      new Map([
        [a1, [['grid', 0, 0], ['grid', 1, 1]]],
        [b2, [['grid', 1, 0]]],
      ]),
    ); // prettier-ignore
  });

  it('are those of the types that the path is limited to', () => {
    const run = runWith({
      nodes: [
        { ...a1, p: { id: 'a' } },
        { ...b2, p: { id: 'b' } },
      ],
    });
    expect(preparePlaces(['', 'nodes', '@|[A]', 'p']).objects(run)).toEqual([{ id: 'a' }]);
    expect(preparePlaces(['nodes', '@|[A,B]', 'p']).objects(run)).toHaveLength(2);
    expect([...preparePlaces(['nodes', '@|[B]', 'p']).paths(run).values()]).toEqual([[['nodes', 1, 'p']]]);
  });

  it('are each there once where several ways lead to it, though each way is told', () => {
    const shared = [{ id: 'r' }];
    const run = runWith({ users: [{ reviews: shared }, { reviews: shared }] });
    run.shared = new Set([shared]);
    const places = preparePlaces(['users', '@', 'reviews', '@']);
    expect(places.objects(run)).toEqual([{ id: 'r' }]);
    expect(places.paths(run).get(shared[0])).toHaveLength(2);
  });

  it('know what is above them, and how far they have their path in common', () => {
    const run = runWith({ trees: [{ kind: 'oak', leaves: [{ id: 1 }] }] });
    const places = preparePlaces(['trees', '@', 'leaves', '@']);
    expect(places.objectsInContext(run)).toEqual([
      { object: { id: 1 }, above: [run.data, (run.data['trees'] as Data[])[0]] },
    ]);
    expect(places.commonPath).toEqual(['trees']);
  });
});
