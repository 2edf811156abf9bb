import cluster from 'node:cluster';
import { isMainThread, parentPort } from 'node:worker_threads';

// Apollo's packages would report to their maker; this must stand before any of them is loaded, hence the late imports.
process.env['APOLLO_TELEMETRY_DISABLED'] = '1';

const { signalsTaken } = await import('./process/thread.ts');
// Until something serves there is nothing to read again, and SIGHUP is no reason to end.
if (isMainThread && signalsTaken().includes('SIGHUP')) process.on('SIGHUP', () => undefined);

const args = process.argv.slice(2);
if (parentPort !== null) {
  const { serve } = await import('./process/serve.ts');
  const { threadWorld } = await import('./process/thread.ts');
  await serve(args, process.env, threadWorld(parentPort));
} else if (cluster.isWorker) {
  const { serve } = await import('./process/serve.ts');
  await serve(args, process.env);
} else {
  const { runCommand } = await import('./config/commands.ts');
  const code = await runCommand(args, process.env);
  if (code === undefined) {
    const { launch } = await import('./process/launch.ts');
    await launch(import.meta.url, args, process.env);
  } else process.exitCode = code;
}
