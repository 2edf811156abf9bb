import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { writeDemoTokens } from './demo-tokens.ts';
import { keeper } from './keeper.ts';
import { ensureKeys, signToken } from './keys.ts';
import { followLog, problemIn } from './log-files.ts';
import { manage, type ManagedProcess, type Part } from './managed.ts';
import { freePorts } from './ports.ts';
import { programPart, runToEnd } from './programs.ts';
import { claimRun } from './run-file.ts';
import { secretsFile } from './secrets.ts';
import { cafesShown, untilHeard } from './seeded.ts';
import { openServers, type Servers } from './servers.ts';
import {
  routerProgram,
  SERVICES,
  servicePrograms,
  serviceProgram,
  SIMULATORS,
  simulatorPrograms,
  urlOf,
  type Program,
  type ServiceName,
} from './service-list.ts';
import { createSupervisor } from './supervisor.ts';
import type { ProcessName, System, SystemOptions } from './system-types.ts';

export type { ProcessName, System, SystemEvent, SystemOptions } from './system-types.ts';

/** How long the demo cafés may take to be known everywhere, in ms. */
const SEEDED_WITHIN = 60_000;
const DEMO_CAFES = 3;

/**
 * Starts the whole system as processes of its own and waits until it can be used: servers, migrations, demo cafés, simulators,
 * subgraphs, router. Whatever goes wrong ends everything that was started, and is told with the last words of whoever failed.
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { without = [], log = () => undefined, temporary = false, signal } = options;
  const dir = resolve(options.dir);
  const logDir = join(dir, 'logs');
  const services = SERVICES.filter((name) => !without.includes(name));
  const ports = options.ports === undefined || options.ports === 'free' ? await freePorts() : options.ports;
  if (temporary) keeper().sweep(dir);
  const run = await claimRun(dir);
  await mkdir(logDir, { recursive: true });

  const parts = new Map<string, ManagedProcess>();
  const followed: (() => void)[] = [];
  let servers: Servers | undefined;
  let stopping: Promise<void> | undefined;

  const supervisor = createSupervisor(partOf, (process, text) => log({ kind: 'problem', process, text }));

  function partOf(name: string): ManagedProcess {
    const part = parts.get(name);
    if (part === undefined)
      throw new Error(`${name} is no part of this system; there are: ${[...parts.keys()].join(', ')}`);
    return part;
  }

  function add(part: Part): ManagedProcess {
    const isServer = part.name === 'postgres' || part.name === 'nats';
    const managed = manage(part, {
      started: (name, pid) =>
        run.started(name, pid, { signal: part.name === 'postgres' ? 'SIGINT' : 'SIGTERM', last: isServer }),
      ended: (_, pid) => stopping === undefined && run.ended(pid),
      died(name, exit) {
        if (stopping !== undefined) return;
        const restartInMs = options.restart === true ? supervisor.died(name, exit) : undefined;
        log({
          kind: 'died',
          process: name,
          exit,
          lines: part.logs(10),
          ...(restartInMs === undefined ? {} : { restartInMs }),
        });
      },
    });
    parts.set(part.name, managed);
    followed.push(
      followLog(join(logDir, `${part.name}.log`), function echo(line) {
        const text = isServer ? undefined : problemIn(line);
        if (text !== undefined) log({ kind: 'problem', process: part.name, text });
      }),
    );
    return managed;
  }

  async function step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    signal?.throwIfAborted();
    const begun = performance.now();
    log({ kind: 'begun', step: name, ms: 0 });
    const result = await work();
    log({ kind: 'done', step: name, ms: performance.now() - begun });
    return result;
  }

  async function startAll(programs: readonly Program[]): Promise<void> {
    await Promise.all(programs.map(async ({ name }) => partOf(name).start({ env: options.env?.[name] ?? {} })));
  }

  async function migrate(name: ServiceName, databaseUrl: string): Promise<void> {
    await runToEnd(`${name}-migrate`, [serviceProgram(name), 'migrate'], { DATABASE_URL: databaseUrl }, logDir);
  }

  async function migrateAndSeed(programs: readonly Program[], databaseUrls: Servers['databaseUrls']): Promise<void> {
    await Promise.all(services.map(async (name) => migrate(name, databaseUrls[name])));
    for (const { name, args, env } of programs) {
      if (name === 'delivery') await runToEnd('delivery-seed', [...args, 'seed'], { ...env, PORT: '0' }, logDir);
    }
  }

  async function cafesKnown(databaseUrls: Record<ServiceName, string>, natsUrl: string): Promise<void> {
    const until = Date.now() + SEEDED_WITHIN;
    const token = await signToken(dir, { sub: 'start', role: 'staff', cafes: ['92'] });
    while ((await cafesShown(`${urlOf(ports.router)}/graphql`, token)) < DEMO_CAFES) {
      if (Date.now() > until)
        throw new Error('The demo cafés did not appear in the graph. See delivery.log and router.log.');
      await wait(50);
    }
    if (!services.includes('customer')) return;
    const said = { databaseUrl: databaseUrls.delivery, stream: 'DELIVERIES' };
    await untilHeard(said, { natsUrl, consumerPrefix: 'customer-' }, SEEDED_WITHIN);
  }

  async function stopAll(): Promise<void> {
    supervisor.stop();
    for (const end of followed) end();
    const waves: readonly (readonly ProcessName[])[] = [['router'], SERVICES, SIMULATORS, ['nats'], ['postgres']];
    for (const wave of waves) await Promise.all(wave.map(async (name) => parts.get(name)?.stop()));
    if (temporary) {
      await servers?.drop();
      await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
      keeper().unsweep(dir);
    }
    run.release();
  }
  const stop = async (): Promise<void> => (stopping ??= stopAll());

  async function start(): Promise<System> {
    const jwks = (await ensureKeys(dir)).jwks;
    const playgroundTokens = await writeDemoTokens(dir);
    // Outside systems need nothing from us: they come up while the servers do.
    const simulators = simulatorPrograms({ ports });
    for (const program of simulators) add(programPart(program, logDir));
    const simulatorsUp = startAll(simulators);
    simulatorsUp.catch(() => undefined);

    servers = await openServers({ options, dir, logDir, ports, add, step, log });
    const { databaseUrls, natsUrl, empty } = servers;
    const routerKey = secretsFile(join(dir, 'secrets.json'))('router key');
    const surroundings = { ports, databaseUrls, natsUrl, routerKey, jwks, playgroundTokens };
    const programs = servicePrograms(surroundings).filter(({ name }) => services.includes(name as ServiceName));
    const router = routerProgram(surroundings);
    for (const program of [...programs, router]) add(programPart(program, logDir));

    await step('Tables and demo cafés', async () => migrateAndSeed(programs, databaseUrls));
    await step(`Simulators: ${SIMULATORS.join(', ')}`, async () => simulatorsUp);
    await step(`Subgraphs: ${services.join(', ')}; router`, async () => startAll([...programs, router]));
    if (services.includes('delivery')) await step('Menu known to all', async () => cafesKnown(databaseUrls, natsUrl));
    signal?.throwIfAborted();

    const urls = {
      graph: `${urlOf(ports.router)}/graphql`,
      nats: natsUrl,
      ...(Object.fromEntries(
        [...SIMULATORS, ...SERVICES, 'router' as const].map((name) => [name, urlOf(ports[name])]),
      ) as Record<(typeof SIMULATORS)[number] | ServiceName | 'router', string>),
    };
    run.urls(urls);
    return {
      urls,
      ports,
      databaseUrls,
      databaseName: (service) => new URL(databaseUrls[service]).pathname.slice(1),
      emptyDatabase: async (service) => {
        await empty(service);
        await migrate(service, databaseUrls[service]);
      },
      process: partOf,
      token: async (claims, hours) => signToken(dir, claims, hours),
      stop,
    };
  }

  // A start that is called off must not wait for what it waits for.
  const calledOff = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  calledOff.catch(() => undefined);
  try {
    return await Promise.race([start(), calledOff]);
  } catch (error) {
    await stop();
    throw error;
  }
}
