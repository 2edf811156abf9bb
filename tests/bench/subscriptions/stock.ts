/**
 * The server that graphql-ws' documentation has people write: `useServer` over ws, one execution and one asynchronous iterator
 * for each subscriber. No router stands before it.
 *
 * Says `listening <port>` on stdout, of its commands.
 */
import { createServer } from 'node:http';
import { buildSchema, type GraphQLFieldResolver } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { sharedNow } from './clock.ts';
import { listening, serveCommands } from './commands.ts';
import { announcement, FIRST_NUMBER, SDL, type Announcement } from './graph.ts';
import type { SourceCommands } from './subgraph.ts';

type Event = { readonly announced: Announcement };

const subscribers = new Set<(event: Event) => void>();
let last = FIRST_NUMBER;

const present = (): Event => ({ announced: announcement(last) });

/** The present state, then each event. */
function announced(): AsyncIterableIterator<Event> {
  const waiting: Event[] = [present()];
  let wake: ((result: IteratorResult<Event>) => void) | undefined;
  function push(event: Event): void {
    if (wake === undefined) waiting.push(event);
    else {
      wake({ value: event, done: false });
      wake = undefined;
    }
  }
  subscribers.add(push);
  return {
    next() {
      const value = waiting.shift();
      if (value !== undefined) return Promise.resolve({ value, done: false });
      return new Promise((resolve) => (wake = resolve));
    },
    return() {
      subscribers.delete(push);
      wake?.({ value: undefined, done: true });
      return Promise.resolve({ value: undefined, done: true });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const schema = buildSchema(SDL.replace(/extend schema.*\n/, ''));
schema.getSubscriptionType()!.getFields()['announced']!.subscribe = announced as GraphQLFieldResolver<unknown, unknown>;

const server = createServer((_, response) => response.writeHead(404).end());
useServer({ schema }, new WebSocketServer({ server, path: '/graphql' }));
const graphPort = await listening(server);

const commands: SourceCommands = {
  /** Where its subscriptions are. */
  graph: () => ({ port: graphPort }),
  /** How many subscriptions it has. */
  subscriptions: () => subscribers.size,
  /** Publishes an event. @returns its number, and when it was published */
  emit() {
    last += 1;
    const at = sharedNow();
    const event = present();
    for (const push of subscribers) push(event);
    return { number: last, at };
  },
};

await serveCommands(commands);
