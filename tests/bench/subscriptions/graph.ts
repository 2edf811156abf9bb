/** What the subscribers of one topic subscribe to, the same at our router's subgraph and at stock graphql-ws. */

export const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
  type Query { announcement: Announcement! }
  type Subscription { announced: Announcement! }
  type Announcement { number: Int!  status: String!  at: String!  message: String! }
`;

export const SUBSCRIPTION = 'subscription Announced { announced { number status at message } }';

/** Numbers of events have seven digits, so that each event is as long as the others. The first is never sent as an event. */
export const FIRST_NUMBER = 1_000_000;

export interface Announcement {
  readonly number: number;
  readonly status: string;
  readonly at: string;
  readonly message: string;
}

/** About as much as a change of an order's status says. */
export function announcement(number: number): Announcement {
  return {
    number,
    status: 'ACCEPTED',
    at: '2026-01-01T09:00:00.000Z',
    message: 'accepted: your number is 14, ready at about 09:07',
  };
}
