import { parseArgs } from 'node:util';
import { fixtures } from './fixtures/all.ts';
import { tryGenerated } from './generated.ts';

const HELP = `npm run conformance -- [options]

Runs random operations over small supergraphs, one for each feature of the federation specification: by the router's executor, by
the stock gateway and by one whole schema over the same data. All must answer alike, also where subgraphs fail, answer null or late.
A difference is made as small as possible and shown with its plan and the three answers; then the exit code is 1.

  --operations <n>   how many (default 5000)
  --seed <n>         the same seed gives the same operations (default: another one each time; it is printed)
  --from <n>         the number of the first operation (default 0)
  --fixture <text>   only supergraphs whose name holds this
  --help             this text
`;

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '5000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    from: { type: 'string', default: '0' },
    fixture: { type: 'string', default: '' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const write = (line: string): void => void process.stdout.write(`${line}\n`);
const [operations, seed, from] = [Number(values.operations), Number(values.seed), Number(values.from)];
const wanted = fixtures.filter(({ name }) => name.includes(values.fixture));

function refuse(sentence: string): void {
  process.stderr.write(`${sentence}\n\n${HELP}`);
  process.exitCode = 64;
}

async function run(): Promise<void> {
  const begun = performance.now();
  const seconds = (): string => `${((performance.now() - begun) / 1000).toFixed(0)} s`;
  write(`seed ${seed}: ${operations} operations over ${wanted.length} supergraphs`);
  let told = begun;
  let count = 0;
  const { reports, stockWrong, refused } = await tryGenerated(wanted, {
    seed,
    operations,
    from,
    picked: values.fixture === '' ? '' : ` --fixture "${values.fixture}"`,
    wrong: (report) => write(`\n✘ ${report}\n`),
    tried(tried) {
      count = tried;
      if (performance.now() - told < 5_000) return;
      told = performance.now();
      write(`${count} of ${operations}, ${seconds()}`);
    },
  });
  write(`${count} operations, ${reports.length} answered otherwise, seed ${seed}, ${seconds()}`);
  write(
    `(the stock gateway answers ${stockWrong} otherwise than one whole schema; ${refused} can't be planned in time or at all)`,
  );
  process.exitCode = reports.length === 0 ? 0 : 1;
}

if (values.help) write(HELP.trimEnd());
else if (![operations, seed, from].every((one) => Number.isSafeInteger(one) && one >= 0)) {
  refuse('--operations, --seed and --from must be whole numbers.');
} else if (wanted.length === 0) refuse(`There is no supergraph with "${values.fixture}" in its name.`);
else await run();
