import { join } from 'node:path';
import { dropDatabase, ensureDatabase } from './database.ts';
import type { ManagedProcess, Part } from './managed.ts';
import type { Ports } from './ports.ts';
import { secretsFile } from './secrets.ts';
import { natsPart, postgresPart } from './server-parts.ts';
import { SERVICES, type ServiceName } from './service-list.ts';
import type { SystemEvent, SystemOptions } from './system-types.ts';

export interface Servers {
  databaseUrls: Record<ServiceName, string>;
  natsUrl: string;
  /** Replaces a service's database by an empty one. */
  empty(service: ServiceName): Promise<void>;
  /** Removes the databases that were made in a server of somebody else's. */
  drop(): Promise<void>;
}

export interface ServersOptions {
  options: SystemOptions;
  dir: string;
  logDir: string;
  ports: Ports;
  add(part: Part): ManagedProcess;
  step<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
  log(event: SystemEvent): void;
}

/** PostgreSQL with a database and a role for each service, and nats-server: started here, or those that were given. */
export async function openServers(surroundings: ServersOptions): Promise<Servers> {
  const [databases, natsUrl] = await Promise.all([openDatabases(surroundings), openNats(surroundings)]);
  return { ...databases, natsUrl };
}

async function openDatabases({
  options,
  dir,
  logDir,
  ports,
  add,
  step,
  log,
}: ServersOptions): Promise<Omit<Servers, 'natsUrl'>> {
  const drop = async (): Promise<void> => undefined;
  if (options.databaseUrls !== undefined) {
    const empty = (): Promise<void> => Promise.reject(new Error('A database that was given is not ours to empty'));
    return { databaseUrls: options.databaseUrls, empty, drop };
  }
  if (options.postgres !== undefined) return databasesIn(options.postgres.adminUrl, dir);

  const part = postgresPart(
    {
      dataDir: join(dir, 'postgres'),
      port: ports.postgres,
      temporary: options.temporary ?? false,
      say: (text) => log({ kind: 'note', text }),
    },
    logDir,
  );
  return step(`PostgreSQL on port ${ports.postgres}`, async () => {
    await add(part).start();
    const databaseUrls = await forEachService(async (name) => part.server().createDatabase(name));
    const empty = async (name: ServiceName): Promise<void> => {
      await dropDatabase(part.server().adminUrl, { name });
      await part.server().createDatabase(name);
    };
    return { databaseUrls, empty, drop };
  });
}

/** In a server that others use, too, names carry a mark of their own. */
async function databasesIn(adminUrl: string, dir: string): Promise<Omit<Servers, 'natsUrl'>> {
  const secret = secretsFile(join(dir, 'secrets.json'));
  const mark = secret('mark of the databases').slice(0, 10);
  const nameOf = (service: ServiceName): string => `${service}_${mark}`;
  const make = async (service: ServiceName): Promise<string> => {
    const name = nameOf(service);
    return ensureDatabase(adminUrl, { name, role: name, password: secret(`role ${name}`) });
  };
  return {
    databaseUrls: await forEachService(make),
    empty: async (service) => {
      await dropDatabase(adminUrl, { name: nameOf(service) });
      await make(service);
    },
    drop: async () => {
      for (const service of SERVICES) {
        await dropDatabase(adminUrl, { name: nameOf(service), role: nameOf(service) });
      }
    },
  };
}

async function openNats({ options, dir, logDir, ports, add, step, log }: ServersOptions): Promise<string> {
  if (options.natsUrl !== undefined) return options.natsUrl;
  const part = natsPart(
    {
      storeDir: join(dir, 'nats'),
      port: ports.nats,
      monitoringPort: ports.natsMonitoring,
      temporary: options.temporary ?? false,
      say: (text) => log({ kind: 'note', text }),
    },
    logDir,
  );
  await step(`nats-server on port ${ports.nats}`, async () => add(part).start());
  return `nats://127.0.0.1:${ports.nats}`;
}

async function forEachService<Value>(make: (name: ServiceName) => Promise<Value>): Promise<Record<ServiceName, Value>> {
  const pairs = await Promise.all(SERVICES.map(async (name) => [name, await make(name)] as const));
  return Object.fromEntries(pairs) as Record<ServiceName, Value>;
}
