import type { Count, Metrics } from '@cafe-for-me/lib/metrics';
import type { EventTelemetry } from '../execution/event-execution.ts';

/** What is noted about subscriptions, however they reach their clients. */
export interface LiveTelemetry extends EventTelemetry {
  started(transport: string): void;
  ended(reason: string): void;
  /** Results that went to clients. */
  sent(count: number): void;
  /** How it goes on for a client that brought something back. */
  resumed(outcome: string): void;
  /** The fields of other subgraphs are asked for, for all clients of an event. @returns to be called when it is filled in */
  fillingIn(): () => void;
  /** @param read what there is at this moment */
  show(read: { subscriptions(): ReadonlyMap<string, number>; topics(): number; upstreams(): number }): void;
}

export function observeLive(metrics: Metrics): LiveTelemetry {
  const started = metrics.counter('router_subscriptions_started_total', 'Subscriptions of clients that began.', [
    'transport',
  ]);
  const ended = metrics.counter('router_subscriptions_ended_total', 'Subscriptions of clients that ended.', ['reason']);
  const resumed = metrics.counter(
    'router_subscriptions_resumed_total',
    'Subscriptions of clients that brought back where they were, by how they went on.',
    ['outcome'],
  );
  const sent: Count = metrics
    .counter('router_subscription_events_total', 'Results sent to clients of subscriptions.')
    .of();
  const executed: Count = metrics
    .counter('router_subscription_executions_total', 'Events filled in, each for all of its clients.')
    .of();
  const fillIn = metrics
    .histogram(
      'router_event_fill_in_duration_seconds',
      'From an event that came from its subgraph to the result with the fields of the others, once for all of its clients.',
    )
    .of();
  const blanked: Count = metrics
    .counter('router_events_blanked_total', 'Events whose deadline left fields of other subgraphs null.')
    .of();
  const fetchedAgain: Count = metrics
    .counter(
      'router_events_fetched_again_total',
      'Events for which other subgraphs, being behind, were asked once more.',
    )
    .of();

  return {
    started: (transport) => void (started.of(transport).value += 1),
    ended: (reason) => void (ended.of(reason).value += 1),
    sent: (count) => void (sent.value += count),
    resumed: (outcome) => void (resumed.of(outcome).value += 1),
    fillingIn() {
      executed.value += 1;
      const began = performance.now();
      return function filledIn() {
        fillIn.observe((performance.now() - began) / 1_000);
      };
    },
    blanked: () => void (blanked.value += 1),
    fetchedAgain: () => void (fetchedAgain.value += 1),
    show(read) {
      metrics.gauge('router_subscriptions', 'Running subscriptions of clients.', ['transport'], 'sum', () =>
        [...read.subscriptions()].map(([transport, count]) => [count, transport]),
      );
      metrics.gauge(
        'router_subscription_topics',
        'Subscriptions of clients that are the same count as one.',
        [],
        'sum',
        () => [[read.topics()]],
      );
      metrics.gauge('router_upstream_subscriptions', 'Running subscriptions to subgraphs.', [], 'sum', () => [
        [read.upstreams()],
      ]);
    },
  };
}
