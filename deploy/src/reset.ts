import { rm, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { localDir } from './paths.ts';
import { copyPlace } from './postgres-account.ts';
import { processIdentity } from './process-identity.ts';
import { currentRun, endLeftovers } from './run-file.ts';

const HELP = `npm run reset [-- --all]

Empties .local/: databases, streams, keys, logs. The next start begins with the demo cafés alone.

  --all    the downloaded nats-server and Chromium, too
`;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { all: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const running = currentRun(localDir);
  if (running !== undefined) {
    process.stderr.write(
      `The system runs (pid ${running.pid}): end it first (Ctrl-C there, or "kill ${running.pid}").\n`,
    );
    return 1;
  }
  await endLeftovers(localDir);
  const kept = values.all === true ? [] : ['bin'];
  for (const name of await readdir(localDir).catch(() => [])) {
    if (kept.includes(name) || usedByTests(name)) continue;
    await rm(join(localDir, name), { recursive: true, force: true });
  }
  await rm(copyPlace(join(localDir, 'postgres')), { recursive: true, force: true });
  process.stdout.write(
    `Empty: ${localDir}${kept.length > 0 ? ' (downloaded programs stay; --all removes them)' : ''}\n`,
  );
  return 0;
}

/** A test run that is going on keeps its servers' data in test-<pid>. */
function usedByTests(name: string): boolean {
  const pid = /^test-(\d+)$/.exec(name)?.[1];
  return pid !== undefined && processIdentity(Number(pid)) !== undefined;
}

process.exitCode = await main();
