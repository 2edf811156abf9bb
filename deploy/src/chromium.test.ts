import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromiumBinary } from './chromium.ts';

describe('looking for Chromium', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'chromium-test-'));
  });
  afterEach(async () => {
    await rm(dir, { recursive: true });
  });

  async function program(name: string, says: string): Promise<string> {
    const path = join(dir, name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, `#!/bin/sh\n${says}\n`, { mode: 0o755 });
    return path;
  }
  const browser = (name: string, version: string): Promise<string> =>
    program(name, `echo 'Chromium ${version} built on Debian'`);

  it('takes the one that was chosen, and no other when that is none', async () => {
    const installed = [await browser('installed', '156.0.8078.79')];
    const chosen = await browser('chosen', '150.0.1.2');
    await expect(chromiumBinary({ chosen, installed })).resolves.toBe(chosen);
    await expect(chromiumBinary({ chosen: join(dir, 'none'), installed })).rejects.toThrow(/CHROMIUM_PATH is .*none/);
    await expect(chromiumBinary({ chosen: '', installed })).resolves.toBe(installed[0]);
  });

  it('takes the first installed one that runs and is new enough', async () => {
    const stub = await program('stub', 'echo "requires the snap to be installed" >&2; exit 1');
    const old = await browser('old', '90.0.4430.212');
    const fits = await browser('fits', '156.0.8078.79');
    const lookup = { installed: [join(dir, 'none'), stub, old, fits], ways: [] };
    await expect(chromiumBinary(lookup)).resolves.toBe(fits);
  });

  it('fetches one by the first way that works, says so, and finds it again', async () => {
    const browsersDir = join(dir, 'browsers');
    const said: string[] = [];
    let fetched = 0;
    const broken = (): Promise<void> => Promise.reject(new Error('not here'));
    async function works(): Promise<void> {
      fetched++;
      await browser('browsers/shell-1/linux/chrome-headless-shell', '159.0.8154.6');
    }
    const lookup = { installed: [], browsersDir, ways: [broken, works], say: (text: string) => void said.push(text) };
    const first = await chromiumBinary(lookup);
    expect(first).toBe(join(browsersDir, 'shell-1/linux/chrome-headless-shell'));
    await expect(chromiumBinary(lookup)).resolves.toBe(first);
    expect([fetched, said]).toEqual([1, ['Getting Chromium for the browser tests, once …']]);
  });

  it('says how to get one, and why each way failed, when it finds none', async () => {
    const noNetwork = (): Promise<void> => Promise.reject(new Error('no network'));
    const lookup = chromiumBinary({ installed: [], browsersDir: dir, ways: [noNetwork] });
    await expect(lookup).rejects.toThrow(/apt-get install chromium[\s\S]*CHROMIUM_PATH[\s\S]*noNetwork: no network/);
  });
});
