import type { GraphQLFormattedError } from 'graphql';
import type { LiveEnd } from '../live/live-client.ts';
import { madeOnce, type StreamFormat } from './stream-format.ts';

const boundary = '\r\n--graphql';

/** With the boundary behind it, which is what tells a client that it has the whole part. */
function part(json: string): string {
  return `\r\ncontent-type: application/json\r\n\r\n${json}${boundary}`;
}

const closing = '--\r\n';

function fatal(errors: readonly GraphQLFormattedError[]): string {
  return part(JSON.stringify({ payload: null, errors })) + closing;
}

const reasons: Readonly<Record<LiveEnd, GraphQLFormattedError>> = {
  expired: { message: 'The token has expired.', extensions: { code: 'UNAUTHENTICATED' } },
  withdrawn: { message: 'Access was withdrawn.', extensions: { code: 'FORBIDDEN' } },
  restart: {
    message: 'Subscribe again, with the last token: the router can not go on with it.',
    extensions: { code: 'SUBSCRIPTION_RESTART' },
  },
};

/**
 * Apollo's "multipart HTTP protocol for GraphQL subscriptions" (in the docs of GraphOS, under routing, operations,
 * subscriptions), which Apollo's clients speak: each part has a result as `payload`; an empty object is a heartbeat;
 * `payload: null` with `errors` beside it ends the subscription for a reason that is none of GraphQL's.
 *
 * Errors that refuse the operation come in that form, too: a client of this protocol reads its errors there.
 */
export const multipart: StreamFormat = {
  transport: 'multipart',
  headers: [
    'content-type',
    'multipart/mixed;boundary="graphql";subscriptionSpec=1.0',
    'cache-control',
    'no-cache, no-transform',
    'x-accel-buffering',
    'no',
  ],
  opening: () => boundary,
  next: madeOnce(({ text }) => part(`{"payload":${text}}`)),
  answered: (payload) => part(`{"payload":${payload}}`) + closing,
  failed: fatal,
  completed: closing,
  heartbeat: part('{}'),
  ended: (reason) => fatal([reasons[reason]]),
};
