import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { localConfig } from './config.ts';
import { createConsole } from './console.ts';
import { checkDisk } from './disk.ts';
import { watchNpm } from './parent.ts';
import { localDir } from './paths.ts';
import { checkPorts, type PortName, type Ports } from './ports.ts';
import { AlreadyRunning, currentRun, endLeftovers } from './run-file.ts';
import { SERVICES, type ServiceName } from './service-list.ts';
import { startSystem } from './system.ts';
import type { System } from './system-types.ts';

const HELP = `npm start [-- --without accounting] [-- --without delivery]

Starts everything on this machine and stays up: PostgreSQL, nats-server, the outside systems (simulators), the three subgraphs and
the router. Data, keys and logs are in .local/ ("npm run reset" empties it). Ctrl-C ends it all.

  --without <service>   leaves a service out (customer, delivery or accounting; several: repeat it, or a comma between)
  --help                this text

Environment
  ROUTER_PORT           where the graph is; default 4000. Moves the rest, too
  BASE_PORT             where the rest begins; default ROUTER_PORT + 1
  DATABASE_URL_CUSTOMER, DATABASE_URL_DELIVERY, DATABASE_URL_ACCOUNTING
                        databases of your own, instead of the PostgreSQL that is started here
  NATS_URL              a nats-server of your own, with JetStream
  LOG_LEVEL             what the services log; default info
`;

/** One key press may arrive twice, from the terminal and through npm; only a later one is impatience. In ms. */
const SAME_PRESS = 1_000;

const write = (text: string): void => void process.stdout.write(text);

function servicesLeftOut(values: readonly string[]): ServiceName[] {
  const names = values.flatMap((value) => value.split(',')).filter((name) => name !== '');
  const unknown = names.find((name) => !SERVICES.includes(name as ServiceName));
  if (unknown !== undefined) throw new Error(`There is no service "${unknown}"; there are: ${SERVICES.join(', ')}.`);
  return names as ServiceName[];
}

/** Ctrl-C and the like: during the start it calls the start off, later it drains, pressed again it ends at once. */
function onGoodbye(goodbye: (why: string) => void): void {
  let first: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, function bye() {
      if (first === undefined) {
        first = Date.now();
        goodbye(signal);
      } else if (Date.now() - first > SAME_PRESS) {
        write('Ending at once.\n');
        process.exit(130); // The keeper ends whatever is left.
      }
    });
  }
  watchNpm(() => goodbye('npm is gone'));
}

function neededPorts(ports: Ports, own: { databases: boolean; nats: boolean }): PortName[] {
  return (Object.keys(ports) as PortName[]).filter(
    (name) => !(own.databases && name === 'postgres') && !(own.nats && name.startsWith('nats')),
  );
}

function welcome({ urls }: System, without: readonly ServiceName[]): string {
  const lines = [
    ['Front door', `${urls.router}/`, ''],
    ['Customer', `${urls.router}/order`, ''],
    ['Barista', `${urls.router}/barista`, ''],
    ['Sales', `${urls.router}/sales`, ''],
    ['Playground', urls.graph, '(other clients: the graph)'],
    ['Simulators', `${urls.router}/simulators`, '(make payment, SMS and headquarters fail)'],
    ['', '', ''],
    ...SERVICES.map((name) => [name, without.includes(name) ? 'left out' : `${urls[name]}/health/ready`, '']),
    ['payment, SMS, headquarters', `${urls.payment} ${urls.sms} ${urls.headquarters}`, ''],
    ['logs', join(localDir, 'logs'), ''],
    ['see it work', 'npm run demo', '(in another terminal)'],
    ['a token', 'npm run token -- customer --subject alice', ''],
  ];
  return `\n${lines.map(([name = '', what, note]) => `  ${name.padEnd(28)}${what} ${note}`.trimEnd()).join('\n')}\n\n`;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { without: { type: 'string', multiple: true }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) {
    write(HELP);
    return 0;
  }
  const without = servicesLeftOut(values.without ?? []);
  const config = localConfig();
  await mkdir(localDir, { recursive: true });
  const running = currentRun(localDir);
  if (running !== undefined) throw new AlreadyRunning(running);
  await endLeftovers(localDir);
  await checkDisk(localDir);
  await checkPorts(
    config.ports,
    neededPorts(config.ports, { databases: config.databaseUrls !== undefined, nats: config.natsUrl !== undefined }),
  );

  const callOff = new AbortController();
  let leave: (why: string) => void = () => undefined;
  const left = new Promise<string>((resolve) => (leave = resolve));
  onGoodbye(function goodbye(why) {
    callOff.abort(new CalledOff());
    leave(why);
  });

  const begun = performance.now();
  write(`Starting${without.length > 0 ? ` without ${without.join(' and ')}` : ''}\n`);
  if (without.includes('delivery')) {
    write('  · Cafés and menus are the delivery service’s: customers know them as far as it has run here before.\n');
  }
  const system = await startSystem({
    dir: localDir,
    ...config,
    without,
    restart: true,
    signal: callOff.signal,
    log: createConsole(write),
  });
  write(
    `\nReady after ${((performance.now() - begun) / 1000).toFixed(1)} s. Ctrl-C ends it.\n${welcome(system, without)}`,
  );
  await left;
  write('\nEnding …\n');
  await system.stop();
  write('Everything has ended.\n');
  return 0;
}

class CalledOff extends Error {
  override name = 'CalledOff';
  constructor() {
    super('Called off; everything has ended.');
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  const { message, code } = error as Error & { code?: string };
  write(
    `\n${code === 'ENOSPC' ? `The disk is full: ${message}. Make room, or empty the data with "npm run reset".` : message}\n`,
  );
  process.exitCode = error instanceof CalledOff ? 0 : 1;
}
