import { createEventStates } from './event-states.ts';
import type { EventEnvelope } from './events.ts';
import { testEvent } from './testing/events.ts';

interface State {
  readonly id: string;
  readonly version: number;
  readonly total: number;
}

function countingStates(present: (event: EventEnvelope) => State | undefined) {
  const asked: string[] = [];
  const states = createEventStates<State>({
    after: (before, { aggregateVersion: version, aggregateId: id }) =>
      before === undefined && version > 1 ? null : { id, version, total: (before?.total ?? 0) + version },
    async read(event) {
      asked.push(`${event.aggregateId} ${event.aggregateVersion}`);
      return present(event);
    },
    versionOf: ({ id, version }) => ({ aggregateId: id, version }),
  });
  return { asked, states };
}

describe('states that events do not tell', () => {
  it('follow from the one before, once for all who ask', async () => {
    const { asked, states } = countingStates(() => undefined);
    const [first, second] = [testEvent('a', 1), testEvent('a', 2)];
    const [one, other] = await Promise.all([states.of(first), states.of(first)]);
    expect(one).toBe(other);
    expect(await states.of(second)).toEqual({ id: 'a', version: 2, total: 3 });
    expect(asked).toEqual([]);
  });

  it('are read where the one before is not known, or is another', async () => {
    const { asked, states } = countingStates(({ aggregateId: id, aggregateVersion: version }) => ({
      id,
      version,
      total: 100,
    }));
    expect(await states.of(testEvent('a', 5))).toMatchObject({ total: 100 });
    expect(await states.of(testEvent('a', 6))).toMatchObject({ total: 106 });
    expect(await states.of(testEvent('a', 3))).toMatchObject({ version: 3, total: 100 });
    expect(await states.of(testEvent('a', 7))).toMatchObject({ total: 113 });
    states.keep({ id: 'b', version: 8, total: 1 });
    states.keep({ id: 'b', version: 7, total: 500 });
    expect(await states.of(testEvent('b', 9))).toMatchObject({ total: 10 });
    expect(asked).toEqual(['a 5', 'a 3']);
  });

  it('are waited for in a database that is behind, and asked for again by the next after a failure', async () => {
    let lacking = 2;
    const { states } = countingStates(({ aggregateId: id, aggregateVersion: version }) =>
      lacking-- > 0 ? undefined : { id, version, total: 0 },
    );
    expect(await states.of(testEvent('a', 5))).toMatchObject({ version: 5 });
    lacking = Infinity;
    const lost = testEvent('b', 5);
    await expect(states.of(lost)).rejects.toThrow('the database has no version 5 of b');
    lacking = 0;
    expect(await states.of(lost)).toMatchObject({ version: 5 });
  });
});
