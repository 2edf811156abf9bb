// Apollo's packages would report to their maker; this must stand before any of them is loaded, hence the late imports.
process.env['APOLLO_TELEMETRY_DISABLED'] = '1';

const args = process.argv.slice(2);
const { runCommand } = await import('./commands.ts');
const code = await runCommand(args, process.env);
if (code === undefined) {
  const { serve } = await import('./serve.ts');
  await serve(args, process.env);
} else process.exitCode = code;
