import { jestSums } from './jest-run.ts';

const result = {
  numPassedTests: 5,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 1,
  numRuntimeErrorTestSuites: 0,
};

describe('the sums of a jest run', () => {
  it('are those of its tests', () => {
    expect(jestSums(result, 0)).toEqual({ passed: 5, failed: 0, skipped: 2 });
    expect(jestSums({ ...result, numFailedTests: 2 }, 1).failed).toBe(2);
  });

  it('count a file that could not be loaded, and a jest that did not end well, as a failure', () => {
    expect(jestSums({ ...result, numRuntimeErrorTestSuites: 1 }, 1).failed).toBe(1);
    expect(jestSums(result, null).failed).toBe(1);
  });
});
