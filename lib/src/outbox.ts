import type { EventEnvelope } from './events.ts';
import type { SqlClient } from './sql-client.ts';

/**
 * The one parameter of the SQL function `outbox_append(jsonb)`: call it inside the statement or transaction that changes
 * the rows, so that the change and its events are saved together or not at all.
 *
 * @returns JSON text, an array of `{ subject, envelope }` in the order given
 */
export function outboxJson<Event extends EventEnvelope>(
  events: readonly Event[],
  subjectOf: (event: Event) => string,
): string {
  return JSON.stringify(events.map((envelope) => ({ subject: subjectOf(envelope), envelope })));
}

/**
 * The events of an aggregate at versions `fromVersion` to `toVersion`, both included, in order. The outbox keeps every event,
 * published or not; versions it does not have are left out.
 */
export async function readOutbox<Event extends EventEnvelope = EventEnvelope>(
  client: Pick<SqlClient, '$queryRawUnsafe'>,
  aggregateId: string,
  fromVersion: number,
  toVersion: number,
): Promise<Event[]> {
  const rows = await client.$queryRawUnsafe<{ envelope: Event }[]>(
    `SELECT envelope FROM outbox
     WHERE aggregate_id = $1 AND aggregate_version BETWEEN $2::int AND $3::int ORDER BY aggregate_version`,
    aggregateId,
    fromVersion,
    toVersion,
  );
  return rows.map(({ envelope }) => envelope);
}
