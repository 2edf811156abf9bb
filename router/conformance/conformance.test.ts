import { askedOf, report, tryOut, type Trial } from './check.ts';
import { namedFaults } from './faults.ts';
import { operationOf } from './fixture.ts';
import { fixtures } from './fixtures/all.ts';
import { createSetup, type Setup } from './setup.ts';
import { validate } from 'graphql';

describe.each(fixtures)('$name', (fixture) => {
  let setup: Setup;
  beforeAll(() => {
    setup = createSetup(fixture);
  });

  it.each(Object.entries(fixture.operations))('answers as the whole schema and as stock: %s', async (_what, given) => {
    const operation = operationOf(given);
    const asked = askedOf(operation.query, operation.variables);
    expect(validate(setup.schema, asked.document)).toEqual([]);
    const trial: Trial = {
      asked,
      faults: namedFaults(operation),
      ...(operation.down && { down: operation.down }),
      lateness: operation.query,
      against: { stock: !operation.query.startsWith('subscription'), whole: true },
    };
    const outcome = await tryOut(setup, trial);
    const { differences, fromStock } = outcome;
    const wrong = differences.length > 0 || (operation.stock === undefined) !== (fromStock.length === 0);
    expect(wrong ? report(setup, trial, outcome) : '').toBe('');
  });
});
