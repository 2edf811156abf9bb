import { SERVICES, type ServiceName } from './service-list.ts';
import { systemPorts, type Ports } from './ports.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a person may set for the local system. */
export interface LocalConfig {
  ports: Ports;
  /** Databases of their own, where they don't want ours. All three or none. */
  databaseUrls?: Record<ServiceName, string>;
  natsUrl?: string;
}

/** Reads ROUTER_PORT, BASE_PORT, DATABASE_URL_<SERVICE> and NATS_URL. @throws a sentence when one of them makes no sense */
export function localConfig(env: Environment = process.env): LocalConfig {
  const routerPort = port(env, 'ROUTER_PORT');
  const basePort = port(env, 'BASE_PORT');
  const given = SERVICES.map((name) => [name, env[`DATABASE_URL_${name.toUpperCase()}`]] as const);
  const missing = given.filter(([, url]) => url === undefined || url === '').map(([name]) => name);
  if (missing.length > 0 && missing.length < given.length) {
    throw new Error(
      `Databases of your own are needed for every service or for none: ${missing.map((name) => `DATABASE_URL_${name.toUpperCase()}`).join(', ')} missing.`,
    );
  }
  return {
    ports: systemPorts(routerPort, basePort),
    ...(missing.length === 0 ? { databaseUrls: Object.fromEntries(given) as Record<ServiceName, string> } : {}),
    ...(env['NATS_URL'] === undefined || env['NATS_URL'] === '' ? {} : { natsUrl: env['NATS_URL'] }),
  };
}

/** Meant for this process or its test runner; or for one program alone, and all would take the same port or name. */
const notInherited = new Set(['NODE_OPTIONS', 'NODE_ENV', 'JEST_WORKER_ID', 'METRICS_PORT', 'OTEL_SERVICE_NAME']);

/** The environment that our programs inherit. */
export function inheritedEnvironment(env: Environment = process.env): Record<string, string | undefined> {
  const inherited = Object.entries(env).filter(([name]) => !notInherited.has(name));
  return { ...Object.fromEntries(inherited), NODE_ENV: 'production' };
}

function port(env: Environment, name: string): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  // The parts stand up to 31 above it.
  if (Number.isInteger(value) && value >= 1 && value <= 65_500) return value;
  throw new Error(`${name} is "${text}", which is no port: give a whole number from 1 to 65500.`);
}
