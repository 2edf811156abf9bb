import { runProcess, type ProcessWorld } from '@cafe-for-me/lib/process';
import { createRouter } from './app.ts';
import { readSettings } from './config.ts';
import { followSupergraph } from './follow-supergraph.ts';
import { createIdentity } from './identity.ts';
import { loadPlayground } from './playground.ts';
import { supergraphFile } from './supergraph.ts';

/** Serves as the arguments and the environment say, until a signal ends it. */
export async function serve(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  world?: ProcessWorld,
): Promise<void> {
  await runProcess(
    'router',
    async function start(log) {
      const { supergraph, settings, addressOf } = readSettings(args, env);
      log.level = settings.log.level;
      const file = supergraphFile(supergraph, addressOf);
      const graph = file.load(await file.read());
      const router = await createRouter({
        graph,
        identity: createIdentity({ routerKey: settings.identity.routerKey, tokens: settings.identity.jwt }),
        playground: await loadPlayground(settings.playground),
        log,
        settings,
      });
      const url = await router.listen(settings.listen.port, settings.listen.host);
      log.info({ url: `${url}/graphql` }, 'listening');
      const { everyMs } = settings.reload;
      const following = followSupergraph({ file, everyMs, served: graph.sdl, serve: router.serve, log });
      process.on('SIGHUP', () => void following.reload());
      return {
        async stop() {
          await following.stop();
          await router.drain();
        },
      };
    },
    world === undefined ? {} : { world },
  );
}
