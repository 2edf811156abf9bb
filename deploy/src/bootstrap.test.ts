import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './paths.ts';

/** An npm that hangs so many times, deaf to SIGTERM, and installs then. */
const standIn = (hangs: number): string => `
  const { appendFileSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
  process.on('SIGTERM', () => undefined);
  appendFileSync('calls', process.argv[2] + '\\n');
  if (readFileSync('calls', 'utf8').trim().split('\\n').length <= ${hangs}) setInterval(() => undefined, 1000);
  else {
    mkdirSync('node_modules', { recursive: true });
    writeFileSync('node_modules/.package-lock.json', '{"packages":{}}');
  }
`;

describe('the installation of packages', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bootstrap-'));
    await mkdir(join(dir, 'deploy', 'dist'), { recursive: true });
    await mkdir(join(dir, 'node_modules', 'turbo', 'bin'), { recursive: true });
    await copyFile(join(root, 'deploy', 'bootstrap.mjs'), join(dir, 'deploy', 'bootstrap.mjs'));
    await writeFile(join(dir, 'package-lock.json'), '{"packages":{}}');
    await writeFile(join(dir, 'node_modules', 'turbo', 'bin', 'turbo'), '');
    await writeFile(join(dir, 'package.json'), '{"type":"commonjs"}');
  });
  afterEach(() => rm(dir, { recursive: true }));

  async function build(hangs: number): Promise<{ stderr: string; calls: string[] }> {
    await writeFile(join(dir, 'npm-cli.js'), standIn(hangs));
    const env = { ...process.env, NODE_OPTIONS: '', INSTALL_MINUTES: '0.01', npm_execpath: join(dir, 'npm-cli.js') };
    const run = promisify(execFile)(process.execPath, [join(dir, 'deploy', 'bootstrap.mjs'), 'build'], { env });
    const { stderr } = await run.catch((error: unknown) => error as { stderr: string });
    return { stderr, calls: (await readFile(join(dir, 'calls'), 'utf8')).trim().split('\n') };
  }

  it('ends an npm that hangs, says so, and tries once more', async () => {
    const { stderr, calls } = await build(1);
    expect(stderr).toMatch(/npm ci\): not done after [\d.]+ s, ending it\./);
    expect(calls).toEqual(['ci', 'ci']);
  }, 60_000);

  it('gives up with a clear word when npm never comes to an end', async () => {
    const { stderr, calls } = await build(9);
    expect(calls).toEqual(['ci', 'ci', 'install']);
    expect(stderr).toContain('The packages could not be installed');
    expect(stderr).toContain('INSTALL_MINUTES=20 gives it more');
  }, 60_000);
});
