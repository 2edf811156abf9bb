import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePort, portTaken } from './free-port.ts';

const run = promisify(execFile);

describe('free ports', () => {
  it('are free, and never the same twice', async () => {
    const ports: number[] = [];
    for (let count = 0; count < 120; count++) ports.push(await freePort());
    expect(new Set(ports).size).toBe(120);
    for (const port of ports.slice(0, 10)) expect(await portTaken(port)).toBe(false);
  });

  it('differ between processes that ask side by side', async () => {
    const ask = `import('${new URL('../dist/free-port.js', import.meta.url).href}').then(async ({ freePort }) => {
      const ports = []; for (let count = 0; count < 30; count++) ports.push(await freePort());
      console.log(JSON.stringify(ports)); process.stdin.resume(); process.stdin.on('end', () => process.exit()); })`;
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const running = run(process.execPath, ['-e', ask]);
        const ports = await new Promise<string>((resolve) =>
          running.child.stdout?.once('data', (text) => resolve(String(text))),
        );
        return { ports: JSON.parse(ports) as number[], end: () => running.child.stdin?.end() };
      }),
    );
    for (const { end } of answers) end();
    const all = answers.flatMap(({ ports }) => ports);
    expect(new Set(all).size).toBe(all.length);
  });
});
