import { fixtures } from './fixtures/all.ts';
import { tryGenerated } from './generated.ts';

const seed = 20_260_723;

it(`answers 300 random operations as the whole schema and as stock (seed ${seed})`, async () => {
  const { reports } = await tryGenerated(fixtures, { seed, operations: 300 });
  expect(reports.join('\n\n')).toBe('');
}, 240_000);
