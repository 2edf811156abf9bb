import type { EventEnvelope } from './events.ts';
import type { Span, Tracer } from './telemetry.ts';

/** The handling of the events of one transaction: what is rolled back together has failed together. */
export interface Handling {
  /** @returns the event as it is to be handled: what comes of it belongs to its handling */
  begin(event: EventEnvelope): EventEnvelope;
  end(failure?: unknown): void;
}

/** One span for each event, from its turn to the commit. */
export function traceHandling(tracer: Tracer, consumer: string): Handling {
  const spans: Span[] = [];
  return {
    begin(event) {
      const span = tracer.start(`process ${event.type}`, 'consumer', event.traceparent, {
        'messaging.system': 'nats',
        'messaging.operation.type': 'process',
        'messaging.consumer.group.name': consumer,
        'messaging.message.id': event.id,
        'event.aggregate.id': event.aggregateId,
        'event.aggregate.version': event.aggregateVersion,
      });
      spans.push(span);
      return { ...event, traceparent: span.traceparent };
    },
    end(failure) {
      const reason = failure === undefined ? undefined : failure instanceof Error ? failure.name : 'error';
      for (const span of spans) span.end(reason);
    },
  };
}
