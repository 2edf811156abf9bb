// @ts-check
// Whether the process of this container is ready: exit code 0 or 1. Slim images have no curl.
const port = process.env['PORT'];
try {
  const { status } = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(1500) });
  process.exitCode = status === 200 ? 0 : 1;
} catch {
  process.exitCode = 1;
}
