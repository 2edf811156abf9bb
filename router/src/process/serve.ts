import { readFile } from 'node:fs/promises';
import { processWorld, runProcess, type ProcessWorld } from '@cafe-for-me/lib/process';
import { createRouter } from '../app.ts';
import { readSettings } from '../config/config.ts';
import { followSupergraph } from './follow-supergraph.ts';
import { createIdentity } from '../authorization/identity.ts';
import { checkKeyFiles } from '../authorization/key-files.ts';
import { followRevocations } from '../authorization/revocations.ts';
import { createToOwnName } from '../transport/own-name.ts';
import { loadPlayground } from '../transport/playground.ts';
import { createSiblings, serving } from './siblings.ts';
import { supergraphFile } from '../supergraph.ts';
import { offerMetrics, startTelemetry } from '../telemetry/telemetry.ts';
import { signalsTaken } from './thread.ts';
import { givenSpace } from './young-generation.ts';

/**
 * Serves as the arguments and the environment say, until a signal ends it.
 *
 * @param world the process, or what a thread has in its place
 */
export async function serve(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  world: ProcessWorld = processWorld,
): Promise<void> {
  await runProcess(
    'router',
    async function start(log) {
      const { supergraph, settings, addressOf } = readSettings(args, env);
      log.level = settings.log.level;
      const file = supergraphFile(supergraph, addressOf);
      const { manifest } = settings.persistedOperations;
      const read = async () => ({
        sdl: await file.read(),
        // Whether it can be read is said by whoever takes it up.
        others: manifest === undefined ? [] : [await readFile(manifest, 'utf8').catch(() => '')],
      });
      const contents = await read();
      const graph = await file.load(contents.sdl);
      const { routerKey, jwt } = settings.identity;
      await checkKeyFiles(jwt);
      const revocations = jwt?.revocations === undefined ? undefined : await followRevocations(jwt.revocations, log);
      const telemetry = await startTelemetry(settings.telemetry, log);
      const router = await createRouter({
        graph,
        identity: createIdentity({ routerKey, tokens: jwt, revocations }),
        playground: await loadPlayground({
          ...settings.playground,
          explain: settings.explain.enabled,
          home: settings.pages.directory !== undefined,
          toOwnName: createToOwnName(settings.listen.names),
        }),
        log,
        settings,
        telemetry,
      });
      const metrics = await offerMetrics(telemetry, settings.telemetry.metrics, createSiblings(), log);
      const url = await router.listen(settings.listen.port, settings.listen.host);
      const semiSpace = givenSpace(process.execArgv, env['NODE_OPTIONS']);
      log.info({ url: `${url}/graphql`, pid: process.pid, semiSpace }, 'listening');
      const following = followSupergraph({
        paths: [supergraph, ...(manifest === undefined ? [] : [manifest])],
        read,
        everyMs: settings.reload.everyMs,
        served: contents,
        serve: async (sdl) => router.serve(await file.load(sdl)),
        log,
      });
      const readAgain = () => void Promise.all([following.reload(), revocations?.reload()]);
      if (signalsTaken().includes('SIGHUP')) world.on('SIGHUP', readAgain);
      process.send?.(serving);
      return {
        async stop() {
          await following.stop();
          revocations?.stop();
          await router.drain();
          await metrics?.close();
          await telemetry?.stop();
        },
      };
    },
    { world },
  );
}
