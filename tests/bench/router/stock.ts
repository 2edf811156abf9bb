/**
 * The router that Apollo's documentation has people write: @apollo/server's standalone server with @apollo/gateway.
 *
 * Arguments: the file of the supergraph, the port.
 */
import { readFileSync } from 'node:fs';
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';

interface Context {
  readonly requestId?: string | undefined;
}

const [supergraphFile = '', port = ''] = process.argv.slice(2);

const gateway = new ApolloGateway({
  supergraphSdl: readFileSync(supergraphFile, 'utf8'),
  buildService: ({ url = '' }) =>
    new RemoteGraphQLDataSource<Context>({
      url,
      willSendRequest({ request, context }) {
        if (context.requestId !== undefined) request.http?.headers.set('x-request-id', context.requestId);
      },
    }),
});

await startStandaloneServer<Context>(new ApolloServer<Context>({ gateway }), {
  listen: { host: '127.0.0.1', port: Number(port) },
  context: ({ req }) => Promise.resolve({ requestId: req.headers['x-request-id']?.toString() }),
});
