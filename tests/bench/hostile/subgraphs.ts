/**
 * Two subgraphs on one port: `/fine` answers as it should, `/wild` in the way that the variable or argument `mode` of the
 * request says (see answers.ts).
 */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { createMessageReader, type Message } from '../router/raw-http.ts';
import { hostileModes } from './answers.ts';

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])';

const sources = {
  fine: `${link}
    type Query { greeting: String!  shops: [Shop!]! }
    type Shop @key(fields: "id") { id: ID!  name: String! }`,
  wild: `${link}
    type Query { thing(mode: String!): Thing }
    type Thing { name: String  count: Int  weight: Float  kind: Kind  parts: [Part!]  owner: Owner  any: Anything }
    type Part { id: ID! }
    type Owner { name: String! }
    enum Kind { BIG SMALL }
    scalar Anything
    type Shop @key(fields: "id") { id: ID!  rating(mode: String!): Int  tags(mode: String!): [String!] }`,
};

export const fineData = {
  greeting: 'hello',
  shops: [
    { __typename: 'Shop', id: '1', name: 'first' },
    { __typename: 'Shop', id: '2', name: 'second' },
    { __typename: 'Shop', id: '3', name: 'third' },
  ],
};

const modes = new Map(hostileModes.map((mode) => [mode.name, mode]));

export interface HostileSubgraphs {
  /** The supergraph's SDL. */
  readonly sdl: string;
  close(): Promise<void>;
}

/** Starts both. */
export async function startHostileSubgraphs(): Promise<HostileSubgraphs> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, function connected(socket) {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const read = createMessageReader();
    socket.on('data', function onData(chunk) {
      const message = read(chunk);
      if (message !== undefined) respond(socket, message);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    sdl: composed(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function respond(socket: Socket, message: Message): void {
  const body = message.body();
  if (message.head.startsWith('POST /fine ')) {
    const text = JSON.stringify({ data: fineData });
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
    return;
  }
  const { query, variables } = JSON.parse(body) as {
    query: string;
    variables: { mode: string; representations?: readonly unknown[] };
  };
  const mode = modes.get(variables.mode);
  if (mode === undefined) throw new Error(`There is no mode "${variables.mode}": ${query}`);
  mode.answer(socket, { entities: variables.representations?.length });
}

function composed(origin: string): string {
  const { supergraphSdl, errors } = composeServices(
    Object.entries(sources).map(([name, sdl]) => ({ name, url: `${origin}/${name}`, typeDefs: parse(sdl) })),
  );
  if (supergraphSdl === undefined) throw new Error(errors.map(({ message }) => message).join('\n'));
  return supergraphSdl;
}
