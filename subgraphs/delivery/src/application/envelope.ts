import { currentContext } from '@cafe-for-me/lib/log';
import { EVENTS, type Envelope, type EventName } from '@cafe-for-me/schema/events';
import type { Parts } from './ports.ts';

interface Happened {
  readonly type: EventName;
  readonly data: unknown;
}

/** The envelope around each of a union of events. */
export type Enveloped<Event extends Happened> = Event extends Happened
  ? Omit<Envelope<Event['type']>, 'type' | 'data'> & Event
  : never;

/** Puts what happened into its envelope. The trace is that of the request or event being worked on. */
export function envelopeOf<Event extends Happened>(
  { newId }: Pick<Parts, 'newId'>,
  event: Event,
  aggregate: { readonly id: string; readonly version: number; readonly cafeId: string },
  now: Date,
): Enveloped<Event> {
  const traceparent = currentContext()['traceparent'];
  return {
    id: newId(),
    type: event.type,
    schemaVersion: EVENTS[event.type].schemaVersion,
    aggregateId: aggregate.id,
    aggregateVersion: aggregate.version,
    cafeId: aggregate.cafeId,
    occurredAt: now.toISOString(),
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
    data: event.data,
  } as unknown as Enveloped<Event>;
}
