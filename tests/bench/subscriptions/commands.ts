/** Processes of the benchmark that do as they are told: JSON over HTTP. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'undici';

/** What a process can be told, by name. */
export type Commands = Readonly<Record<string, (given: never) => unknown>>;

/** Some commands take as long as what they wait for. */
const patient = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

/** Serves commands at paths of their names, on a port of its own, and says `listening <port>` on stdout. */
export async function serveCommands(commands: Commands): Promise<void> {
  const server = createServer(function onRequest(incoming, response) {
    answer(commands, incoming).then(
      (result) => response.end(JSON.stringify(result ?? null)),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.stack : String(error)),
    );
  });
  process.stdout.write(`listening ${await listening(server)}\n`);
  process.on('SIGTERM', () => process.exit(0));
}

/** Listens on any free port of this machine. */
export async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function answer(commands: Commands, incoming: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const command = commands[incoming.url?.slice(1) ?? ''];
  if (command === undefined) throw new Error(`There is no command ${incoming.url}.`);
  return command(JSON.parse(Buffer.concat(chunks).toString()) as never);
}

/** @returns tells the process at a port what to do */
export function commandsAt<All extends Commands>(port: number) {
  return async function tell<Name extends keyof All & string>(
    name: Name,
    ...[given]: Parameters<All[Name]>
  ): Promise<Awaited<ReturnType<All[Name]>>> {
    const { statusCode, body } = await request(`http://127.0.0.1:${port}/${name}`, {
      method: 'POST',
      body: JSON.stringify(given ?? null),
      dispatcher: patient,
    });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${name}: ${text}`);
    return JSON.parse(text) as Awaited<ReturnType<All[Name]>>;
  };
}
