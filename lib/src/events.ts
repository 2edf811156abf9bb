/** What every event carries, whatever it is about. Services extend it with fields and a `data` of their own. */
export interface EventEnvelope {
  /** UUID, made once; the same through every redelivery. */
  readonly id: string;
  readonly type: string;
  /** Version of the shape of `data`, from 1. */
  readonly schemaVersion: number;
  readonly aggregateId: string;
  /** 1, 2, 3… without gaps per aggregate. */
  readonly aggregateVersion: number;
  /** ISO 8601 instant. */
  readonly occurredAt: string;
  /** W3C trace context of the request that caused the event. */
  readonly traceparent?: string;
  readonly data: unknown;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A message that is no event: not JSON, or without the fields that say which event it is. */
export class MalformedEventError extends Error {
  override readonly name = 'MalformedEventError';
}

/**
 * Reads an envelope from the text of a message. Only what the messaging itself needs is checked; `data` is the handler's.
 *
 * @throws MalformedEventError
 */
export function parseEnvelope(text: string): EventEnvelope {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new MalformedEventError('the message is not JSON', { cause: error });
  }
  const event = (value ?? {}) as Partial<Record<keyof EventEnvelope, unknown>>;
  if (typeof event.id !== 'string' || !UUID.test(event.id)) throw new MalformedEventError('id is not a UUID');
  if (typeof event.type !== 'string') throw new MalformedEventError('type is not a text');
  if (typeof event.aggregateId !== 'string') throw new MalformedEventError('aggregateId is not a text');
  const version = event.aggregateVersion;
  if (!Number.isInteger(version) || (version as number) < 1 || (version as number) > 0x7fffffff) {
    throw new MalformedEventError('aggregateVersion is not a number from 1');
  }
  return value as EventEnvelope;
}
