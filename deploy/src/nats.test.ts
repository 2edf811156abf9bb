import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'nats';
import { fetchRelease, natsBinary, syncsAlways } from './nats-binary.ts';
import { natsRelease } from './nats-releases.ts';
import { startNats } from './nats.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nats-test-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('nats-server', () => {
  it('keeps acknowledged messages when it is killed', async () => {
    const storeDir = join(dir, 'nats');
    const first = await startNats({ storeDir });
    const publisher = await connect({ servers: first.url });
    await (await publisher.jetstreamManager()).streams.add({ name: 'KEPT', subjects: ['kept'] });
    await publisher.jetstream().publish('kept', 'a message');
    await publisher.close();
    await first.kill();

    const second = await startNats({ storeDir, port: first.port });
    const reader = await connect({ servers: second.url });
    const message = await (await reader.jetstreamManager()).streams.getMessage('KEPT', { seq: 1 });
    expect(message.string()).toBe('a message');
    await reader.close();
    await second.stop();
    expect(await readFile(join(storeDir, 'nats.conf'), 'utf8')).toContain('127.0.0.1');
  });

  it('leaves nothing of a temporary server behind', async () => {
    const storeDir = join(dir, 'nats');
    const nats = await startNats({ storeDir, temporary: true });
    expect((await fetch(`${nats.monitoringUrl}/healthz`)).status).toBe(200);
    await nats.stop();
    expect(existsSync(storeDir)).toBe(false);
  });

  it('says what went wrong when its port is taken', async () => {
    const first = await startNats({ storeDir: join(dir, 'first'), temporary: true });
    await expect(startNats({ storeDir: join(dir, 'second'), port: first.port })).rejects.toThrow(/its port is taken/);
    await first.stop();
  });
});

describe('looking for nats-server', () => {
  const version = (text: string): string => `#!/bin/sh\necho 'nats-server: v${text}'\n`;
  async function writeProgram(path: string, text: string): Promise<string> {
    await writeFile(path, version(text), { mode: 0o755 });
    return path;
  }

  it('takes an installed one that is new enough, and knows which can sync always', async () => {
    const old = await writeProgram(join(dir, 'old'), '2.8.4');
    const fits = await writeProgram(join(dir, 'fits'), '2.9.10');
    const found = await natsBinary({ installed: [join(dir, 'none'), old, fits], binDir: dir, ways: [] });
    expect(found).toEqual({ path: fits, version: [2, 9, 10] });
    expect(syncsAlways(found)).toBe(false);
    expect(syncsAlways({ path: '', version: [2, 10, 0] })).toBe(true);
    expect(syncsAlways({ path: '', version: [3, 0, 0] })).toBe(true);
  });

  it('fetches one by the first way that works, keeps it, and leaves nothing else', async () => {
    const binDir = join(dir, 'bin');
    let fetched = 0;
    const broken = (): Promise<string> => Promise.reject(new Error('not here'));
    const works = (folder: string): Promise<string> => writeProgram(join(folder, `server-${++fetched}`), '2.10.1');
    const first = await natsBinary({ installed: [], binDir, ways: [broken, works] });
    const second = await natsBinary({ installed: [], binDir, ways: [broken, works] });
    expect(second).toEqual(first);
    expect(fetched).toBe(1);
    expect(await readdir(binDir)).toEqual(['nats-server']);
  });

  it('says how to get one, and why each way failed, when it finds none', async () => {
    const noNetwork = (): Promise<string> => Promise.reject(new Error('no network'));
    const lookup = natsBinary({ installed: [], binDir: dir, ways: [noNetwork] });
    await expect(lookup).rejects.toThrow(/apt-get install nats-server[\s\S]*noNetwork: no network/);
  });

  it('does not use a download whose hash is another', async () => {
    const server = createServer((_, answer) => answer.end('not what was released'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/nats-server-v0-linux-amd64.tar.gz`;
    const sha256 = createHash('sha256').update('what was released').digest('hex');
    await expect(fetchRelease({ url, sha256 }, dir)).rejects.toThrow(/instead of/);
    server.close();
    server.closeAllConnections();
  });

  it('knows a release for the usual platforms', () => {
    expect(natsRelease('linux-x64')?.url).toContain('nats-server-v2.10.29-linux-amd64.tar.gz');
    expect(natsRelease('plan9-x64')).toBeUndefined();
  });
});
