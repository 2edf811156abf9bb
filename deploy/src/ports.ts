import { freePort, portTaken } from './free-port.ts';
import { portHolder } from './port-holder.ts';

const NAMES = [
  'router',
  'customer',
  'delivery',
  'accounting',
  'payment',
  'sms',
  'headquarters',
  'nats',
  'natsMonitoring',
  'postgres',
] as const;

export type PortName = (typeof NAMES)[number];
export type Ports = Record<PortName, number>;

/** Where the parts are, counted from BASE_PORT; the router stands for itself. */
const OFFSETS: Record<Exclude<PortName, 'router'>, number> = {
  customer: 0,
  delivery: 1,
  accounting: 2,
  payment: 10,
  sms: 11,
  headquarters: 12,
  nats: 20,
  natsMonitoring: 21,
  postgres: 30,
};

/**
 * The ports of a system.
 *
 * @param basePort moves everything but the router. @default routerPort + 1
 */
export function systemPorts(routerPort = 4000, basePort = routerPort + 1): Ports {
  const ports = { router: routerPort } as Ports;
  for (const [name, offset] of Object.entries(OFFSETS)) ports[name as PortName] = basePort + offset;
  return ports;
}

/** Ports that are free at present, for systems that run beside others. */
export async function freePorts(): Promise<Ports> {
  const ports = {} as Ports;
  for (const name of NAMES) ports[name] = await freePort();
  return ports;
}

/**
 * Throws a sentence for people when one of the ports is taken: which, by whom, and how to shift.
 *
 * @param names the ones that will be needed
 */
export async function checkPorts(ports: Ports, names: readonly PortName[] = NAMES): Promise<void> {
  const taken: PortName[] = [];
  for (const name of names) if (await portTaken(ports[name])) taken.push(name);
  if (taken.length === 0) return;
  const lines = await Promise.all(
    taken.map(async (name) => `Port ${ports[name]} (${name}) is taken${by(await portHolder(ports[name]))}.`),
  );
  const advice = taken.includes('router')
    ? `ROUTER_PORT=${ports.router + 100} npm start`
    : `BASE_PORT=${ports.customer + 100} npm start`;
  throw new Error(
    `${lines.join('\n')}\nEnd that program, or use other ports: ${advice} ` +
      '(ROUTER_PORT moves everything, BASE_PORT everything but the router).',
  );
}

function by(holder: string | undefined): string {
  return holder === undefined ? '' : ` by ${holder}`;
}
