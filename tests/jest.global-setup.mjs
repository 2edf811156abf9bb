// @ts-check
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * `npm test` brings servers along. For everyone who runs jest by hand they are started here, through the built deploy/.
 *
 * @returns {Promise<void>}
 */
// eslint-disable-next-line import/no-default-export -- jest asks for it
export default async function startServers() {
  if (process.env['TEST_POSTGRES_URL'] !== undefined && process.env['TEST_NATS_URL'] !== undefined) return;
  const bootstrap = fileURLToPath(new URL('../deploy/bootstrap.mjs', import.meta.url));
  const built = spawnSync(process.execPath, [bootstrap, 'build', 'deploy'], {
    stdio: 'inherit',
    env: withoutNodeOptions(),
  });
  if (built.status !== 0) throw new Error('deploy/ could not be built, so there are no servers to test against');
  const file = new URL('../deploy/dist/test-servers.js', import.meta.url).href;
  const { startTestServers } = await import(file);
  const servers = await startTestServers((/** @type {string} */ sentence) => process.stderr.write(`${sentence}\n`));
  Object.assign(process.env, servers.env);
  Object.assign(globalThis, { testServers: servers });
}

function withoutNodeOptions() {
  const { NODE_OPTIONS: _, ...env } = process.env;
  return env;
}
