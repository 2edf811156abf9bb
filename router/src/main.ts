import { runProcess } from '@cafe-for-me/lib/process';
import { readSettings, usage } from './config.ts';

// Apollo's packages would report to their maker; this must stand before any of them is loaded, hence the late imports.
process.env['APOLLO_TELEMETRY_DISABLED'] = '1';

if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) {
  process.stdout.write(usage);
} else {
  await runProcess('router', async function start(log) {
    const settings = readSettings(process.argv.slice(2), process.env);
    log.level = settings.logLevel;
    const { createRouter } = await import('./app.ts');
    const { followSupergraph } = await import('./follow-supergraph.ts');
    const { createIdentity } = await import('./identity.ts');
    const { loadPlayground } = await import('./playground.ts');
    const { supergraphFile } = await import('./supergraph.ts');

    const file = supergraphFile(settings.supergraph, settings.subgraphUrls);
    const graph = file.load(await file.read());
    const router = await createRouter({
      graph,
      identity: createIdentity({ routerKey: settings.routerKey, tokens: settings.tokens }),
      playground: await loadPlayground(settings.playground),
      log,
      subgraphTimeoutMs: settings.subgraphTimeoutMs,
    });
    const url = await router.listen(settings.port, settings.host);
    log.info({ url: `${url}/graphql` }, 'listening');
    const following = followSupergraph({ file, everyMs: 1_000, served: graph.sdl, serve: router.serve, log });
    process.on('SIGHUP', () => void following.reload());
    return {
      async stop() {
        await following.stop();
        await router.drain();
      },
    };
  });
}
