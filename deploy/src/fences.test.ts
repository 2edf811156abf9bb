import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// The fences of the architecture are lint rules. Each test lays a small file where it would stand in the house, in a copy
// that holds nothing else but the real rules, and looks whether oxlint lets it pass.

const root = fileURLToPath(new URL('../../', import.meta.url));
const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
let house: string;

beforeAll(async () => {
  house = await mkdtemp(join(tmpdir(), 'fences-'));
  await cp(join(root, '.oxlintrc.json'), join(house, '.oxlintrc.json'));
  await cp(join(root, 'tsconfig.base.json'), join(house, 'tsconfig.json'));
  await symlink(join(root, 'node_modules'), join(house, 'node_modules'));
});
afterAll(() => rm(house, { recursive: true }));

interface Report {
  diagnostics: { code: string; message: string; help?: string }[];
}

/** Lints files that stand at these paths of the house; gives `rule: sentence` of each complaint. */
async function complaints(files: Record<string, string>): Promise<string[]> {
  const paths = Object.keys(files);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(house, path)), { recursive: true });
    await writeFile(join(house, path), text);
  }
  const output = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, [oxlint, '-f', 'json', ...paths], { cwd: house }, (error, stdout, stderr) =>
      stdout.startsWith('{')
        ? resolve(stdout)
        : reject(new Error(`oxlint gave no report: ${stdout}${stderr}`, { cause: error })),
    );
  });
  await Promise.all(paths.map((path) => rm(join(house, path))));
  return (JSON.parse(output) as Report).diagnostics.map(({ code, message, help }) => `${code}: ${help ?? message}`);
}

const importing = (from: string): string => `import { thing } from '${from}';\nexport const it = [thing];\n`;

const forbidden: [sentence: string, path: string, from: string[]][] = [
  [
    'Domain imports only itself',
    'subgraphs/customer/src/domain/order.ts',
    [
      'nats',
      'node:fs',
      'graphql',
      '@prisma/client',
      '@apollo/server',
      '../adapters/postgres.ts',
      '../application/ports.ts',
      '@cafe-for-me/lib/log',
      '@cafe-for-me/delivery-subgraph/domain/delivery',
    ],
  ],
  ['Domain takes types from schema', 'subgraphs/delivery/src/domain/delivery.ts', ['@cafe-for-me/schema/events']],
  [
    'Application imports domain and its own ports',
    'subgraphs/customer/src/application/place-order.ts',
    [
      '@prisma/client',
      '../generated/prisma/client.ts',
      'pg',
      'nats',
      '@cafe-for-me/lib/relay',
      '@apollo/subgraph',
      'graphql',
      '../adapters/payment.ts',
    ],
  ],
  ['Application is wired by app', 'subgraphs/customer/src/application/place-order.ts', ['../app.ts']],
  [
    'No subgraph imports another',
    'subgraphs/accounting/src/adapters/graphql.ts',
    ['@cafe-for-me/customer-subgraph/domain/order', '@cafe-for-me/delivery-subgraph/main'],
  ],
  [
    'No subgraph imports another',
    'subgraphs/accounting/src/application/sums.test.ts',
    ['@cafe-for-me/customer-subgraph/domain/order'],
  ],
  [
    'Another room is imported by its package name',
    'subgraphs/accounting/src/adapters/graphql.ts',
    ['../../../customer/src/domain/order.ts', '../../../../lib/src/log.ts'],
  ],
  [
    'A subgraph imports lib and schema',
    'subgraphs/customer/src/adapters/payment.ts',
    ['@cafe-for-me/simulators/payment', '@cafe-for-me/router/main'],
  ],
  [
    'Router imports no subgraph and no schema',
    'router/src/execute.ts',
    ['@cafe-for-me/customer-subgraph/app', '@cafe-for-me/schema/events', '@cafe-for-me/schema/caller'],
  ],
  ['A client helper runs in any page', 'router/client/resuming-websocket.ts', ['graphql-ws', '../src/errors.ts']],
  [
    'Lib imports no other room',
    'lib/src/relay.ts',
    ['@cafe-for-me/schema/events', '@cafe-for-me/deploy/ports', '../../schema/events.ts'],
  ],
  ['Schema imports nothing', 'schema/events.ts', ['@cafe-for-me/lib/events', 'zod', '../lib/src/events.ts', 'node:fs']],
  ['Simulators are outside systems', 'simulators/src/payment.ts', ['@cafe-for-me/schema/events']],
  ['Deploy starts the others as processes', 'deploy/src/system.ts', ['@cafe-for-me/router/main']],
  [
    'These tests speak to processes',
    'tests/e2e/order-life.test.ts',
    ['@cafe-for-me/customer-subgraph/app', '@cafe-for-me/router/execute', '@cafe-for-me/router/config'],
  ],
];

describe('A fence of the architecture', () => {
  it.each(forbidden)('says "%s" to %s', async (sentence, path, sources) => {
    const text = sources.map(
      (from, n) => `export const it${n} = () => thing${n}();\nimport { thing${n} } from '${from}';\n`,
    );
    const found = await complaints({ [path]: text.join('') });
    const refused = found.filter((line) => line.startsWith('eslint(no-restricted-imports)') && line.includes(sentence));
    expect(refused).toHaveLength(found.length);
    expect(found).toHaveLength(sources.length);
  });

  it('also sees an import at run time', async () => {
    const path = 'subgraphs/customer/src/domain/order.ts';
    expect(await complaints({ [path]: `export const late = () => import('nats');\n` })).toEqual([
      expect.stringContaining('Domain imports only itself'),
    ]);
  });

  it('lets through what belongs', async () => {
    const belongs = {
      'subgraphs/customer/src/domain/order.ts':
        `import { decide } from './decide.ts';\n` +
        `import type { EventName } from '@cafe-for-me/schema/events';\n` +
        `export const name = (event: EventName): EventName => decide(event);\n`,
      'subgraphs/customer/src/domain/decide.ts': `export const decide = <T>(event: T): T => event;\n`,
      'subgraphs/customer/src/application/place-order.ts': importing('../domain/order.ts'),
      'subgraphs/customer/src/application/pay.ts': importing('./ports.ts'),
      'subgraphs/customer/src/application/log.ts': importing('@cafe-for-me/lib/log'),
      'subgraphs/customer/src/adapters/postgres.ts': importing('../generated/prisma/client.ts'),
      'subgraphs/customer/src/adapters/events.ts': importing('@cafe-for-me/schema/events'),
      'subgraphs/customer/src/adapters/postgres.test.ts': importing('@cafe-for-me/deploy/postgres'),
      'router/src/execute.ts': importing('@cafe-for-me/lib/router-identity'),
      'router/client/resuming-websocket.ts':
        `import type { Client } from 'graphql-ws';\nimport { backoff } from './resume-token.ts';\n` +
        `export const it = (client: Client): unknown => [client, backoff];\n`,
      'lib/src/relay.ts': importing('./streams.ts'),
      'schema/caller.ts': importing('./events.ts'),
      'simulators/src/payment.ts': importing('@cafe-for-me/lib/process'),
      'tests/e2e/order-life.test.ts': importing('@cafe-for-me/deploy/system'),
      'tests/harness/graph.ts': importing('@cafe-for-me/router/client/resuming-websocket'),
    };
    expect(await complaints(belongs)).toEqual([]);
  });
});

describe('Lint', () => {
  it.each([
    ['a floating promise', 'typescript(no-floating-promises)', `export const f = () => {\n  Promise.resolve(1);\n};\n`],
    [
      'a switch that forgets a state',
      'typescript(switch-exhaustiveness-check)',
      `export const f = (s: 'PLACED' | 'READY'): number => {\n  switch (s) {\n    case 'PLACED':\n      return 1;\n    default:\n      return 2;\n  }\n};\n`,
    ],
    ['any', 'typescript(no-explicit-any)', `export const f = (x: any): unknown => [x];\n`],
    ['the console', 'eslint(no-console)', `console.log(1);\n`],
    ['the environment', 'node(no-process-env)', `export const url = process.env['URL'];\n`],
    ['a default export', 'import(no-default-export)', `export default 1;\n`],
  ])('refuses %s', async (_, rule, text) => {
    const found = await complaints({ 'lib/src/thing.ts': text });
    expect(found.map((line) => line.split(':')[0])).toEqual([rule]);
  });

  it.each(['router/src/main.ts', 'lib/src/config.ts'])('lets %s read the environment', async (path) => {
    expect(await complaints({ [path]: `export const url = process.env['URL'];\n` })).toEqual([]);
  });

  it('refuses an import cycle', async () => {
    const cycle = {
      'lib/src/one.ts': `import { two } from './two.ts';\nexport const one = (): number => two();\n`,
      'lib/src/two.ts': `import { one } from './one.ts';\nexport const two = (): number => one();\n`,
    };
    const found = await complaints(cycle);
    expect(found).toHaveLength(2);
    expect(found.join()).toContain('import(no-cycle)');
  });
});
