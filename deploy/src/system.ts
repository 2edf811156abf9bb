import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { writeDemoTokens } from './demo-tokens.ts';
import { keeper } from './keeper.ts';
import { ensureKeys, signToken } from './keys.ts';
import { followLog, problemIn } from './log-files.ts';
import { manage, type ManagedProcess, type Part } from './managed.ts';
import { freePorts } from './ports.ts';
import { root } from './paths.ts';
import { prepareOnce } from './prepared.ts';
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

export type { System, SystemOptions } from './system-types.ts';

/** How long the demo cafés may take to be known everywhere, in ms. */
const SEEDED_WITHIN = 60_000;
/** How long the customer service may take to hear of them, in ms. Not in time is no reason not to start. */
const HEARD_WITHIN = 20_000;
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
  let up = false;
  let starting: Promise<System> | undefined;
  /** Tells everything that still waits or begins that it is in vain. */
  const ending = new AbortController();

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
        // Until all is up its parts miss each other, say so and try again; what matters is told when the start fails.
        const text = isServer || !up ? undefined : problemIn(line);
        if (text !== undefined) log({ kind: 'problem', process: part.name, text });
      }),
    );
    return managed;
  }

  async function step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    ending.signal.throwIfAborted();
    const begun = performance.now();
    log({ kind: 'begun', step: name, ms: 0 });
    const result = await work();
    log({ kind: 'done', step: name, ms: performance.now() - begun });
    return result;
  }

  async function startPrograms(programs: readonly Program[]): Promise<void> {
    ending.signal.throwIfAborted();
    await Promise.all(programs.map(async ({ name }) => partOf(name).start({ env: options.env?.[name] ?? {} })));
  }

  async function migrate(name: ServiceName, databaseUrl: string): Promise<void> {
    ending.signal.throwIfAborted();
    await runToEnd(`${name}-migrate`, [serviceProgram(name), 'migrate'], { DATABASE_URL: databaseUrl }, logDir);
  }

  /** Tables, and the demo cafés in delivery's. */
  async function prepare(name: ServiceName, { args, env }: Program, databaseUrl: string): Promise<void> {
    const files = [
      join(root, 'prisma', name, 'migrations'),
      ...(name === 'delivery' ? [join(serviceProgram(name), '..')] : []),
    ];
    await prepareOnce(databaseUrl, files, async function migrateAndSeed() {
      await migrate(name, databaseUrl);
      if (name === 'delivery') await runToEnd('delivery-seed', [...args, 'seed'], { ...env, PORT: '0' }, logDir);
    });
  }

  /** The demo cafés are in the graph, and customers' service knows their menus. */
  async function cafesKnown(natsUrl: string): Promise<void> {
    const until = Date.now() + SEEDED_WITHIN;
    const token = await signToken(dir, { sub: 'start', role: 'staff', cafes: ['92'] });
    let cafes: Awaited<ReturnType<typeof cafesShown>>;
    while ((cafes = await cafesShown(`${urlOf(ports.router)}/graphql`, token)).length < DEMO_CAFES) {
      ending.signal.throwIfAborted();
      if (Date.now() > until) {
        throw new Error('The demo cafés did not appear in the graph. See delivery.log and router.log.');
      }
      await wait(50);
    }
    if (!services.includes('customer')) return;
    // Each café and each item of a menu was an event.
    const messages = cafes.reduce((sum, { menuItems }) => sum + 1 + menuItems, 0);
    const hearing = { natsUrl, stream: 'DELIVERIES', messages, consumerPrefix: 'customer-' };
    if (await untilHeard(hearing, HEARD_WITHIN, ending.signal)) return;
    log({ kind: 'note', text: 'The customer service may not know every menu yet; see customer.log.' });
  }

  async function endParts(): Promise<void> {
    const waves: readonly (readonly ProcessName[])[] = [['router'], SERVICES, SIMULATORS, ['nats'], ['postgres']];
    for (const wave of waves) await Promise.all(wave.map(async (name) => parts.get(name)?.stop()));
  }

  async function stopAll(): Promise<void> {
    ending.abort(new Error('It is being stopped'));
    supervisor.stop();
    for (const end of followed) end();
    await endParts();
    // A start that is called off, or that failed in one part: what was under way comes to its end, and nothing of it stays.
    await starting?.catch(() => undefined);
    await endParts();
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
    const routerKey = secretsFile(join(dir, 'secrets.json'))('router key');
    // What needs no servers comes up while those do.
    const simulators = simulatorPrograms({ ports, journals: temporary ? undefined : join(dir, 'simulators') });
    const router = routerProgram({ ports, routerKey, jwks, playgroundTokens, supergraph: options.supergraph });
    for (const program of [...simulators, router]) add(programPart(program, logDir));
    const early = Promise.all([
      step(`Simulators: ${SIMULATORS.join(', ')}`, async () => startPrograms(simulators)),
      step('Router', async () => startPrograms([router])),
    ]);
    early.catch(() => undefined);

    servers = await openServers({ options, dir, logDir, ports, add, step, log });
    const { databaseUrls, natsUrl, empty } = servers;
    const programs = servicePrograms({ ports, databaseUrls, natsUrl, routerKey });
    const late = services.map(async function startService(name) {
      const program = programs.find((one) => one.name === name) as Program;
      add(programPart(program, logDir));
      await step(`Subgraph: ${name}`, async function prepareAndStart() {
        await prepare(name, program, databaseUrls[name]);
        await startPrograms([program]);
      });
    });
    await Promise.all([early, ...late]);
    if (services.includes('delivery')) await step('Menu known to all', async () => cafesKnown(natsUrl));
    ending.signal.throwIfAborted();

    const urls = {
      graph: `${urlOf(ports.router)}/graphql`,
      nats: natsUrl,
      ...(Object.fromEntries(
        [...SIMULATORS, ...SERVICES, 'router' as const].map((name) => [name, urlOf(ports[name])]),
      ) as Record<(typeof SIMULATORS)[number] | ServiceName | 'router', string>),
    };
    run.urls(urls);
    up = true;
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
    starting = start();
    return await Promise.race([starting, calledOff]);
  } catch (error) {
    await stop();
    throw error;
  }
}
