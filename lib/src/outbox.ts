import type { EventEnvelope } from './events.ts';

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
