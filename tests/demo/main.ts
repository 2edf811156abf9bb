/** `npm run demo`: plays the demonstration against the system that `npm start` runs. */
import { parseArgs } from 'node:util';
import { localConfig } from '@cafe-for-me/deploy/config';
import { signToken } from '@cafe-for-me/deploy/keys';
import { localDir } from '@cafe-for-me/deploy/paths';
import { playDemo } from './demo.ts';
import { createStage, Difference } from './script.ts';

const HELP = `npm run demo

Plays the seed's demonstration against the running system (npm start), through the router: every operation, its answer, and the
live status, SMS and sales as they arrive. Ends with exit code 1 at the first difference from what is expected.

ROUTER_PORT and BASE_PORT say where the system is, as they do for npm start.
`;

const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', default: false } } });
  if (values.help) {
    write(HELP);
    return 0;
  }
  const { ports } = localConfig();
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  const ready = await fetch(`${at(ports.router)}/health/ready`).catch(() => undefined);
  if (ready?.ok !== true) {
    write(`No system answers at ${at(ports.router)}. Start it in another terminal: npm start`);
    return 1;
  }
  const stage = createStage(write);
  try {
    await playDemo(
      {
        graphUrl: `${at(ports.router)}/graphql`,
        paymentUrl: at(ports.payment),
        smsUrl: at(ports.sms),
        headquartersUrl: at(ports.headquarters),
        token: (claims) => signToken(localDir, claims),
      },
      stage,
    );
  } catch (error) {
    const text = error instanceof Difference ? error.message : error instanceof Error ? error.stack : String(error);
    write(`\n✘ The demonstration differs: ${text}`);
    return 1;
  }
  write(`\n✔ The demonstration went as expected: ${stage.checks()} checks.`);
  return 0;
}

process.exitCode = await main();
