import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readConfig } from '../../lib/src/config.ts';
import { readSettings, usage as routerUsage } from '../../router/src/config/config.ts';
import { configSchema as simulatorConfig } from '../../simulators/src/config.ts';
import * as accounting from '../../subgraphs/accounting/src/config.ts';
import * as customer from '../../subgraphs/customer/src/config.ts';
import * as delivery from '../../subgraphs/delivery/src/config.ts';
import { composeEnv } from './compose-env.ts';
import { databaseVariables } from './ensure-databases.ts';
import { root } from './paths.ts';
import { systemPorts } from './ports.ts';
import { routerProgram, SERVICES, servicePrograms, SIMULATORS, simulatorPrograms } from './service-list.ts';

// No engine is needed: the compose file is read and held against the code that its containers run.

interface Service {
  image: string;
  build?: { context: string; dockerfile: string };
  command?: string[];
  environment?: Record<string, string | number>;
  ports?: string[];
  volumes?: string[];
  restart?: string;
  healthcheck?: { test: string[]; start_period: string };
  depends_on?: Record<string, { condition: string }>;
}

const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const env = Object.fromEntries(
  composeEnv('', './.local/keys/jwks.json')
    .trim()
    .split('\n')
    .map((line) => line.split('=') as [string, string]),
);
const file = parse(text, { merge: true }) as { services: Record<string, Service>; volumes: Record<string, unknown> };
const { services } = interpolated(file) as typeof file;
const names = Object.keys(services);
const ours = names.filter((name) => services[name]?.image === 'cafe-for-me');
const ports = systemPorts();

/** Compose's `${NAME}`, `${NAME:-default}` and `${NAME:?complaint}`. */
function interpolated(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind?: string, rest?: string) => {
      const known = env[name] ?? (kind === '-' ? rest : undefined);
      if (known === undefined) throw new Error(`docker-compose.yml wants ${name}, which compose-env does not write`);
      return known;
    });
  }
  if (Array.isArray(value)) return value.map(interpolated);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, interpolated(inner)]));
}

function service(name: string): Service {
  const found = services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

const environmentOf = (name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(service(name).environment ?? {}).map(([key, value]) => [key, String(value)]));

const subgraphs = { customer, delivery, accounting };

/** The names that the program of a command reads from its environment, and its own reading of it. */
interface Expected {
  names: readonly string[];
  read(environment: Record<string, string>): unknown;
}

const bySchema = (schema: Parameters<typeof readConfig>[0]): Expected => ({
  names: Object.keys(schema.shape),
  read: (environment) => readConfig(schema, environment),
});

function expectedBy(name: string): Expected {
  const [node, program = '', argument] = service(name).command ?? [];
  expect(node).toBe('node');
  if (program === 'deploy/dist/ensure-databases.js') {
    return {
      names: databaseVariables,
      read: (environment) => databaseVariables.forEach((variable) => new URL(environment[variable] ?? '')),
    };
  }
  if (program === 'simulators/dist/main.js') return bySchema(simulatorConfig);
  const subgraph = SERVICES.find((one) => program === `subgraphs/${one}/dist/main.js`);
  if (subgraph === undefined) throw new Error(`${name} runs ${program}, which is none of our programs`);
  if (argument === 'migrate') return bySchema(subgraphs[subgraph].migrateConfigSchema);
  if (argument === 'seed' && subgraph === 'delivery') return bySchema(delivery.seedConfigSchema);
  if (argument === undefined) return bySchema(subgraphs[subgraph].configSchema);
  throw new Error(`${name}: ${program} has no command ${argument}`);
}

describe('docker-compose.yml', () => {
  it('has a service for every program of the house', () => {
    expect(names).toEqual(expect.arrayContaining([...SERVICES, ...SIMULATORS, 'router']));
  });

  it('builds one image from a Dockerfile that is there', () => {
    for (const name of ours) expect(service(name).build).toEqual({ context: '.', dockerfile: 'deploy/Dockerfile' });
    expect(existsSync(join(root, 'deploy/Dockerfile'))).toBe(true);
  });

  it.each(ours)('starts a program that exists for %s', (name) => {
    const program = service(name).command?.[1] ?? '';
    expect(existsSync(join(root, program.replace('/dist/', '/src/').replace(/\.js$/, '.ts')))).toBe(true);
  });

  it.each(ours.filter((name) => name !== 'router'))('gives %s the environment that it expects, and no more', (name) => {
    const expected = expectedBy(name);
    const environment = environmentOf(name);
    expect(expected.names).toEqual(expect.arrayContaining(Object.keys(environment)));
    expect(() => expected.read(environment)).not.toThrow();
  });

  it('gives the router the settings that it expects, and no more', () => {
    const environment = environmentOf('router');
    const args = service('router').command?.slice(2) ?? [];
    expect(readSettings(args, environment)).toMatchObject({
      supergraph: 'schema/supergraph.graphql',
      settings: {
        listen: { port: ports.router, host: '0.0.0.0' },
        identity: { routerKey: env['ROUTER_KEY'], jwt: { jwks: '/app/keys/jwks.json' } },
      },
    });
    for (const name of Object.keys(environment)) {
      expect(routerUsage).toContain(name.replace(/^SUBGRAPH_URL_.*/, 'SUBGRAPH_URL_<NAME>'));
    }
  });

  it('leaves out nothing that npm start gives', () => {
    const local = {
      databaseUrls: { customer: '', delivery: '', accounting: '' },
      natsUrl: '',
      routerKey: '',
      jwks: '',
    };
    const surroundings = { ports, ...local, playgroundTokens: '' };
    const programs = [...simulatorPrograms({ ports }), ...servicePrograms(surroundings), routerProgram(surroundings)];
    for (const { name, env: given } of programs) {
      // The tokens to sign in with, how operations are executed, and the simulators' page are for the demonstration on one's own machine.
      const wanted = Object.keys(given).filter(
        (key) => !/^(PLAYGROUND_TOKENS_FILE|EXPLAIN_ENABLED|PAGES_FORWARD)$/.test(key),
      );
      expect([name, Object.keys(environmentOf(name))]).toEqual([name, expect.arrayContaining(wanted)]);
    }
  });

  it.each([...SERVICES, ...SIMULATORS, 'router'] as const)('lets %s listen at its port, for others too', (name) => {
    expect(environmentOf(name)).toMatchObject({ PORT: String(ports[name]), HOST: '0.0.0.0' });
  });

  it('forwards nothing to the simulators, where npm start forwards what their page uses', () => {
    expect(environmentOf('router')).not.toHaveProperty('PAGES_FORWARD');
    const { env: local } = routerProgram({ ports, routerKey: '', jwks: '', playgroundTokens: '' });
    const paths = (local['PAGES_FORWARD'] ?? '').split(',').map((pair) => pair.split('=')[0]);
    expect(paths).toEqual(
      SIMULATORS.flatMap((name) =>
        ['knobs', name === 'sms' ? 'inbox' : 'book', 'reset'].map((part) => `/simulators/${name}/${part}`),
      ),
    );
  });

  it('addresses every service by its name at the port where it listens', () => {
    const listening: Record<string, string> = { postgres: '5432', nats: '4222' };
    for (const name of [...SERVICES, ...SIMULATORS]) listening[name] = environmentOf(name)['PORT'] ?? '';
    const addresses = ours.flatMap((name) =>
      Object.values(environmentOf(name)).filter((value) => URL.canParse(value) && value.includes('://')),
    );
    expect(addresses.length).toBeGreaterThan(10);
    for (const address of addresses) {
      const { hostname, port } = new URL(address);
      expect([address, port]).toEqual([address, listening[hostname]]);
    }
  });

  it('opens to this machine alone, and only ports at which something listens', () => {
    const open = names.flatMap((name) => (service(name).ports ?? []).map((published) => [name, published] as const));
    expect(open.map(([name]) => name).toSorted()).toEqual(['headquarters', 'payment', 'router', 'sms']);
    for (const [name, published] of open) {
      expect(published).toBe(`127.0.0.1:${ports[name as 'router']}:${environmentOf(name)['PORT']}`);
    }
  });

  it('waits for what is healthy or done, and for nothing that can be neither', () => {
    for (const name of names) {
      for (const [other, { condition }] of Object.entries(service(name).depends_on ?? {})) {
        const once = service(other).restart === 'on-failure';
        expect([name, other, condition]).toEqual([
          name,
          other,
          once ? 'service_completed_successfully' : 'service_healthy',
        ]);
        expect([other, service(other).healthcheck !== undefined]).toEqual([other, !once]);
      }
    }
  });

  it('reaches every service from the router, so that waiting for the router waits for all', () => {
    const reached = new Set<string>();
    const visit = (name: string): void => {
      if (reached.has(name)) return;
      reached.add(name);
      Object.keys(service(name).depends_on ?? {}).forEach(visit);
    };
    visit('router');
    expect([...reached].toSorted()).toEqual(names.toSorted());
  });

  it('asks our programs for their readiness, PostgreSQL and NATS in their own way', () => {
    for (const name of [...SERVICES, ...SIMULATORS, 'router']) {
      expect(service(name).healthcheck?.test).toEqual(['CMD', 'node', 'deploy/healthcheck.mjs']);
    }
    expect(service('postgres').healthcheck?.test).toContain('pg_isready');
    expect(service('nats').healthcheck?.test).toContain('http://127.0.0.1:8222/healthz');
  });

  it('keeps data in volumes that are declared, and mounts files that are there', () => {
    const mounts = names.flatMap((name) => service(name).volumes ?? []).map((mount) => mount.split(':')[0] ?? '');
    const volumes = mounts.filter((source) => !source.startsWith('.'));
    expect(volumes.toSorted()).toEqual(Object.keys(file.volumes).toSorted());
    expect(mounts.filter((source) => source.startsWith('.')).toSorted()).toEqual([
      env['JWKS_FILE'],
      './deploy/nats.conf',
    ]);
    expect(existsSync(join(root, 'deploy/nats.conf'))).toBe(true);
  });

  it('holds no secret', () => {
    // Before interpolation: whatever sounds like a secret comes from outside, without a default.
    const raw = Object.values(file.services).flatMap((one) => Object.entries(one.environment ?? {}));
    for (const [name, value] of raw) {
      if (/KEY|PASSWORD|SECRET|TOKEN/.test(name))
        expect([name, value]).toEqual([name, expect.stringMatching(/^\$\{\w+:\?[^}]+\}$/)]);
      const password = /\/\/[^/@]*?:(.*)@/.exec(String(value))?.[1];
      if (password !== undefined)
        expect([name, password]).toEqual([name, expect.stringMatching(/^\$\{\w+:\?[^}]+\}$/)]);
    }
    for (const value of Object.values(env).filter((one) => one.length > 30)) expect(text).not.toContain(value);
  });
});

describe('The configuration of NATS', () => {
  const conf = readFileSync(join(root, 'deploy/nats.conf'), 'utf8');

  it('syncs every message to a disk that outlives the container', () => {
    expect(conf).toMatch(/^jetstream \{[^}]*^\s+sync_interval: always$/ms);
    const store = /store_dir: "(.*)"/.exec(conf)?.[1] ?? 'none';
    expect(service('nats').volumes).toContain(`nats-data:${store}`);
  });

  it('listens where it is looked for', () => {
    expect(conf).toContain('listen: "0.0.0.0:4222"');
    expect(conf).toContain('http: "0.0.0.0:8222"');
    expect(service('nats').volumes).toContain(`./deploy/nats.conf:${service('nats').command?.[1]}:ro`);
  });
});

describe('The image', () => {
  const dockerfile = readFileSync(join(root, 'deploy/Dockerfile'), 'utf8');
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    workspaces: string[];
    engines: { node: string };
  };

  it('installs for every workspace', () => {
    const workspaces = manifest.workspaces.flatMap((one) =>
      one === 'subgraphs/*' ? SERVICES.map((name) => `subgraphs/${name}`) : [one],
    );
    for (const workspace of workspaces) expect(dockerfile).toContain(`COPY ${workspace}/package.json ${workspace}/\n`);
  });

  it('runs on a Node that the packages want, not as root', () => {
    const versions = [...dockerfile.matchAll(/^FROM node:(\d+)/gm)].map((match) => match[1]);
    expect(versions).toEqual(['20', '20']);
    expect(manifest.engines.node).toBe('>=20.19');
    expect(dockerfile.trim()).toMatch(/^USER node$/m);
  });

  it('takes along what the commands of the compose file name', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    const named = ours.flatMap((name) => service(name).command ?? []).filter((part) => /^[a-z]+\//.test(part));
    const folders = new Set([...named.map((path) => path.split('/')[0]), 'deploy', 'lib', 'prisma', 'node_modules']);
    for (const folder of folders) expect(last).toContain(`COPY --from=build /app/${folder} ${folder}\n`);
    expect(environmentOf('router')['PAGES_DIRECTORY']).toBe('/app/console/dist/pages');
    expect(last).toContain('COPY --from=build /app/console/dist console/dist\n');
  });
});

describe('The health check', () => {
  const check = (port: number): Promise<number> =>
    new Promise((resolve) => {
      const child = execFile(process.execPath, [join(root, 'deploy/healthcheck.mjs')], { env: { PORT: String(port) } });
      child.once('exit', (code) => resolve(code ?? -1));
    });

  it('passes while the process is ready, fails while it is not, and when nothing listens', async () => {
    let status = 200;
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await check(port)).toBe(0);
    status = 503;
    expect(await check(port)).toBe(1);
    await new Promise((resolve) => server.close(resolve));
    expect(await check(port)).toBe(1);
    expect(asked).toEqual(['/health/ready', '/health/ready']);
  });
});

describe('compose-env', () => {
  it('makes secrets long enough, each of its own, and readable settings for every process', () => {
    const secrets = Object.entries(env).filter(([name]) => /KEY|PASSWORD/.test(name));
    expect(secrets).toHaveLength(5);
    expect(new Set(secrets.map(([, value]) => value)).size).toBe(5);
    for (const [, value] of secrets) expect(value).toMatch(/^[0-9a-f]{48}$/);
  });

  it('keeps what is there and adds what is missing', () => {
    const before = 'ROUTER_PORT=5000\nROUTER_KEY=mine';
    const after = composeEnv(before, './jwks.json');
    expect(after.startsWith(`${before}\nPOSTGRES_PASSWORD=`)).toBe(true);
    expect(after).not.toMatch(/ROUTER_KEY=(?!mine)/);
    expect(composeEnv(after, './other.json')).toBe(after);
  });
});
