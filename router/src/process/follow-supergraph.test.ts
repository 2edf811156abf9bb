import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@cafe-for-me/lib/log';
import { followSupergraph } from './follow-supergraph.ts';
import { supergraphFile } from '../supergraph.ts';
import { startSubgraphs } from '../testing/supergraph.ts';
import { createTopic } from '../testing/topic.ts';

let directory: string;
let sdl: string;

beforeAll(async () => {
  const subgraphs = await startSubgraphs();
  ({ sdl } = subgraphs);
  await subgraphs.stop();
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'follow-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** Follows `path`; what is served and what is logged can be waited for. */
function follow(path: string, everyMs: number) {
  const served: string[] = [];
  const lines: { level: string; msg: string; reason?: string }[] = [];
  const happenings = createTopic<void>();
  const heard = happenings.listen();
  const log = createLogger({
    service: 'router',
    destination: {
      write(line: string) {
        lines.push(JSON.parse(line) as (typeof lines)[number]);
        happenings.publish();
      },
    },
  });
  const file = supergraphFile(path);
  const following = followSupergraph({
    paths: [path],
    read: async () => ({ sdl: await file.read(), others: [] }),
    everyMs,
    served: { sdl: `${sdl}# 0`, others: [] },
    async serve(text) {
      served.push((await file.load(text)).sdl.slice(sdl.length));
    },
    log,
  });
  return { ...following, served, lines, logged: () => heard.next() };
}

describe('following a supergraph file', () => {
  it('takes up what is moved to its place, time and again', async () => {
    const path = join(directory, 'supergraph.graphql');
    await writeFile(path, `${sdl}# 0`);
    const { served, logged, stop } = follow(path, 10);
    for (const version of [1, 2]) {
      // A file that is written in place may be read when half of it is there.
      await writeFile(`${path}.new`, `${sdl}# ${version}`);
      await rename(`${path}.new`, path);
      await logged();
    }
    expect(served).toEqual(['# 1', '# 2']);
    await stop();
  });

  it('notices that a link on the way to it points elsewhere, as in a volume of Kubernetes', async () => {
    for (const version of ['1', '2']) {
      await mkdir(join(directory, version));
      await writeFile(join(directory, version, 'supergraph.graphql'), `${sdl}# ${version}`);
    }
    await symlink('1', join(directory, '..data'));
    await symlink(join('..data', 'supergraph.graphql'), join(directory, 'supergraph.graphql'));
    const { served, logged, stop } = follow(join(directory, 'supergraph.graphql'), 10);
    await symlink('2', join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
    await logged();
    expect(served).toEqual(['# 2']);
    await stop();
  });

  it('keeps what is served when the file is broken or gone, and says so in one line', async () => {
    const path = join(directory, 'supergraph.graphql');
    await writeFile(path, 'type Query { a: Int }');
    const { served, lines, reload, stop } = follow(path, 0);
    await reload();
    await rm(path);
    await reload();
    expect(served).toEqual([]);
    expect(lines.map(({ level, msg, reason }) => [level, msg, reason])).toEqual([
      [
        'error',
        'the new supergraph is not served, the one before stays',
        expect.stringMatching(/supergraph\.graphql is not a supergraph that can be served: .+\.$/),
      ],
      [
        'error',
        'the new supergraph is not served, the one before stays',
        `The supergraph file ${path} does not exist.`,
      ],
    ]);
    await writeFile(path, `${sdl}# 3`);
    await reload();
    expect(served).toEqual(['# 3']);
    await stop();
  });

  it('takes it up again when another file that matters has changed', async () => {
    const path = join(directory, 'supergraph.graphql');
    const manifest = join(directory, 'manifest.json');
    await writeFile(path, `${sdl}# 0`);
    await writeFile(manifest, '[]');
    const served: string[] = [];
    const { reload, stop } = followSupergraph({
      paths: [path, manifest],
      read: async () => ({ sdl: await readFile(path, 'utf8'), others: [await readFile(manifest, 'utf8')] }),
      everyMs: 0,
      served: { sdl: `${sdl}# 0`, others: ['[]'] },
      serve: async (text) => void served.push(text.slice(sdl.length)),
      log: createLogger({ service: 'router', destination: { write: () => undefined } }),
    });
    await reload();
    expect(served).toEqual([]);
    await writeFile(manifest, '[1]');
    await reload();
    expect(served).toEqual(['# 0']);
    await stop();
  });

  it('does nothing when the file says what is served, and nothing any more once it is stopped', async () => {
    const path = join(directory, 'supergraph.graphql');
    await writeFile(path, `${sdl}# 0`);
    const { served, lines, reload, stop } = follow(path, 0);
    await reload();
    await stop();
    await writeFile(path, `${sdl}# 1`);
    await reload();
    expect([served, lines]).toEqual([[], []]);
  });
});
