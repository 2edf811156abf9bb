import { createDeadlines, type Deadline } from './subgraph-deadlines.ts';

function deadline(tooLate: () => void): Deadline {
  return { tooLate, at: 0, before: undefined, after: undefined };
}

describe('deadlines', () => {
  it('tell of all that are not over, in the order in which they started', async () => {
    const deadlines = createDeadlines(20);
    const told: string[] = [];
    await new Promise<void>((resolve) => {
      const over = ['first', 'middle', 'last'].map((name) => deadline(() => told.push(`${name}, though it was over`)));
      deadlines.start(over[0]!);
      deadlines.start(deadline(() => told.push('a')));
      deadlines.start(over[1]!);
      deadlines.start(deadline(() => told.push('b')));
      deadlines.start(over[2]!);
      deadlines.start(deadline(resolve));
      for (const one of over) deadlines.end(one);
    });
    expect(told).toEqual(['a', 'b']);
  });

  it('never tell too early', async () => {
    const deadlines = createDeadlines(30);
    const started = performance.now();
    await new Promise<void>((resolve) => deadlines.start(deadline(resolve)));
    expect(performance.now() - started).toBeGreaterThanOrEqual(30);
  });

  it('go on with what starts while another one is told of', async () => {
    const deadlines = createDeadlines(5);
    const told: string[] = [];
    await new Promise<void>((resolve) => {
      deadlines.start(
        deadline(() => {
          told.push('first');
          deadlines.start(
            deadline(() => {
              told.push('second');
              resolve();
            }),
          );
        }),
      );
    });
    expect(told).toEqual(['first', 'second']);
  });
});
