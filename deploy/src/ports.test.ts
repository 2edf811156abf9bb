import { createServer, type AddressInfo } from 'node:net';
import { localConfig } from './config.ts';
import { portHolder } from './port-holder.ts';
import { checkPorts, freePorts, systemPorts } from './ports.ts';

describe('the ports of a system', () => {
  it('follow the router, or BASE_PORT, so that two checkouts run side by side', () => {
    expect(systemPorts()).toMatchObject({ router: 4000, customer: 4001, payment: 4011, nats: 4021, postgres: 4031 });
    expect(systemPorts(5000)).toMatchObject({ router: 5000, customer: 5001, postgres: 5031 });
    expect(systemPorts(5000, 7000)).toMatchObject({ router: 5000, customer: 7000, headquarters: 7012 });
  });

  it('are told by the environment, and nonsense there is refused with a sentence', () => {
    expect(localConfig({ ROUTER_PORT: '5000' }).ports.customer).toBe(5001);
    expect(() => localConfig({ ROUTER_PORT: 'http' })).toThrow('ROUTER_PORT is "http", which is no port');
    expect(() => localConfig({ DATABASE_URL_CUSTOMER: 'postgresql://x' })).toThrow(
      /DATABASE_URL_DELIVERY, DATABASE_URL_ACCOUNTING missing/,
    );
  });

  it('are all different when any will do', async () => {
    const ports = Object.values(await freePorts());
    expect(new Set(ports).size).toBe(ports.length);
  });

  it('that are taken are named, with who holds them and how to shift', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const ports = { ...(await freePorts()), customer: port };
      await expect(checkPorts(ports)).rejects.toThrow(
        new RegExp(`Port ${port} \\(customer\\) is taken[\\s\\S]*BASE_PORT=${port + 100}`),
      );
      if (process.platform === 'linux') expect(await portHolder(port)).toContain(`(pid ${process.pid})`);
      await expect(checkPorts(ports, ['router'])).resolves.toBeUndefined();
    } finally {
      server.close();
    }
  });
});
