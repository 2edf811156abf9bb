/** A clone of this checkout in a folder that only its owner may enter, as a user gets it, with the packages already there. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '@cafe-for-me/deploy/paths';

const run = promisify(execFile);

export interface Clone {
  readonly dir: string;
  /** What git sees as changed or new: nothing, unless something was left behind. */
  changes(): Promise<string>;
  remove(): Promise<void>;
}

/** Clones the work tree (what git tracks or would track), so that the test tells of what is about to be committed. */
export async function cloneCheckout(): Promise<Clone> {
  const dir = await mkdtemp(join(tmpdir(), 'cafe-clone-'));
  const { stdout } = await run('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    maxBuffer: 2 ** 26,
  });
  // What was deleted is still tracked until that is committed.
  for (const file of stdout.split('\0').filter((name) => name !== '' && existsSync(join(root, name)))) {
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await copyFile(join(root, file), join(dir, file));
  }
  await linkPackages(dir);
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], { cwd: dir });
  await git('init', '-q');
  await git('add', '-A');
  await git('commit', '-qm', 'clone');
  return {
    dir,
    changes: async () => (await git('status', '--porcelain')).stdout,
    remove: () => rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  };
}

/** Our own packages are the clone's; all others are shared with this checkout, so that nothing has to be fetched. */
async function linkPackages(dir: string): Promise<void> {
  const [from, to] = [join(root, 'node_modules'), join(dir, 'node_modules')];
  await mkdir(to);
  for (const name of await readdir(from)) {
    if (name === '@cafe-for-me')
      await cp(join(from, name), join(to, name), { recursive: true, verbatimSymlinks: true });
    else if (name.startsWith('.') && name !== '.bin')
      await copyFile(join(from, name), join(to, name)).catch(() => undefined);
    else await symlink(join(from, name), join(to, name));
  }
  // A workspace that needs another version than the others has it in a folder of its own.
  for (const place of await workspaces()) {
    const own = join(root, place, 'node_modules');
    if (existsSync(own)) await symlink(own, join(dir, place, 'node_modules'));
  }
}

async function workspaces(): Promise<string[]> {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as { packages: object };
  return Object.keys(lock.packages).filter((path) => path !== '' && !path.includes('node_modules'));
}
