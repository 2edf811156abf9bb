/** Other gateways with the packages that they need: kept apart from ours, and installed when they are measured. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { localDir, root } from '@cafe-for-me/deploy/paths';

const source = join(root, 'tests', 'bench', 'router', 'peers');
const target = join(localDir, 'bench-peers');

let installed: Promise<string> | undefined;

/** @returns the folder with their programs and packages */
export function installPeers(): Promise<string> {
  installed ??= install();
  return installed;
}

async function install(): Promise<string> {
  await mkdir(target, { recursive: true });
  await cp(source, target, { recursive: true });
  const lock = await readFile(join(target, 'package-lock.json'));
  const stamp = `${createHash('sha256').update(lock).digest('hex')} ${process.platform} ${process.arch} ${process.version}\n`;
  const stampFile = join(target, '.installed-for');
  if ((await readFile(stampFile, 'utf8').catch(() => '')) === stamp) return target;
  process.stdout.write('installing the other gateways into .local/bench-peers (once, a minute or two)\n');
  await npmInstall();
  await writeFile(stampFile, stamp);
  return target;
}

function npmInstall(): Promise<void> {
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error'];
  return new Promise((resolve, reject) => {
    const npm = spawn('npm', args, { cwd: target, stdio: ['ignore', 'ignore', 'inherit'] });
    npm.once('error', reject);
    npm.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`npm ci in ${target} ended with exit code ${code}`));
    });
  });
}
