import { AggregatorRegistry, collectDefaultMetrics, Registry, type Metric } from 'prom-client';

/** A number that only grows. Whoever counts holds on to it and adds: nothing is looked up on the way. */
export class Count {
  value = 0;
}

/** How long something takes: how often it was below each bound. */
export class Timing {
  readonly bounds: readonly number[];
  /** One more than bounds: what is above them all. */
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  /** @param seconds a duration; a measured one may be 0 */
  observe(seconds: number): void {
    const { bounds, counts } = this;
    let place = 0;
    while (place < bounds.length && seconds > bounds[place]!) place += 1;
    counts[place]! += 1;
    this.sum += seconds;
  }
}

/** The series of one metric by the values of its labels, each made when it is first asked for. */
export interface Family<Series> {
  /** @param values in the order of the label names; every combination stays for good, so they must be few */
  of(...values: readonly string[]): Series;
}

/** A value at the moment that somebody asks, and the values of its labels. */
export type Reading = readonly [value: number, ...labels: readonly string[]];

export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): Family<Count>;
  /** @param bounds in seconds, growing. @default from 1 ms to 10 s */
  histogram(name: string, help: string, labels?: readonly string[], bounds?: readonly number[]): Family<Timing>;
  /** `together` says what several processes have of it: all of theirs, or the largest. */
  gauge(
    name: string,
    help: string,
    labels: readonly string[],
    together: 'sum' | 'max',
    read: () => Iterable<Reading> | Promise<Iterable<Reading>>,
  ): void;
  /** A count that somebody else keeps. */
  counted(name: string, help: string, labels: readonly string[], read: () => Iterable<Reading>): void;
  readonly registry: Registry;
}

/** What one process tells the others: it survives JSON. */
export type MetricsSnapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** The text of the metrics of processes that serve together: theirs added up, or as each metric says. */
export function textOf(all: readonly MetricsSnapshot[]): Promise<string> {
  return AggregatorRegistry.aggregate([...all]).metrics();
}

const durations = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

interface Value {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * The metrics of one process, for Prometheus; those of the process itself (memory, CPU, event loop, garbage) are among them.
 *
 * prom-client's own counters and histograms look up their labels at each step, which costs a percent or more of a busy
 * process. Here counting is adding to a number, and prom-client is given the numbers when somebody asks.
 */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  function register(
    type: 'counter' | 'gauge' | 'histogram',
    name: string,
    help: string,
    read: () => Promise<readonly Value[]> | readonly Value[],
    aggregator = 'sum',
  ): void {
    const get = async () => ({ name, help, type, aggregator, values: await read() });
    // All that a registry asks of a metric; the type names prom-client's own classes.
    registry.registerMetric({ name, help, type, aggregator, get } as unknown as Metric);
  }

  return {
    registry,
    counter(name, help, labels = []) {
      const series = new Map<string, readonly [Value['labels'], Count]>();
      register('counter', name, help, () => [...series.values()].map(([labels, { value }]) => ({ labels, value })));
      return familyOf(labels, series, () => new Count());
    },
    histogram(name, help, labels = [], bounds = durations) {
      const series = new Map<string, readonly [Value['labels'], Timing]>();
      register('histogram', name, help, () => [...series.values()].flatMap((one) => valuesOf(name, ...one)));
      return familyOf(labels, series, () => new Timing(bounds));
    },
    gauge(name, help, labels, together, read) {
      // What can't be read now is left out; the others are told all the same.
      const readNow = async () => read();
      register(
        'gauge',
        name,
        help,
        () =>
          readNow().then(
            (all) => readings(labels, all),
            () => [],
          ),
        together,
      );
    },
    counted(name, help, labels, read) {
      register('counter', name, help, () => readings(labels, read()));
    },
  };
}

function familyOf<Series>(
  names: readonly string[],
  series: Map<string, readonly [Value['labels'], Series]>,
  make: () => Series,
): Family<Series> {
  return {
    of(...values) {
      const key = values.join('\n');
      let known = series.get(key);
      if (known === undefined) {
        known = [labelsOf(names, values), make()];
        series.set(key, known);
      }
      return known[1];
    },
  };
}

function readings(names: readonly string[], all: Iterable<Reading>): Value[] {
  return [...all].map(([value, ...values]) => ({ labels: labelsOf(names, values), value }));
}

function labelsOf(names: readonly string[], values: readonly string[]): Value['labels'] {
  return Object.fromEntries(names.map((name, place) => [name, values[place] ?? '']));
}

/** As Prometheus has them: each bucket holds those below it, too. */
function valuesOf(name: string, labels: Value['labels'], { bounds, counts, sum }: Timing): Value[] {
  let below = 0;
  const buckets = counts.map((count, place) => {
    below += count;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: String(bounds[place] ?? '+Inf') }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: below },
  ];
}
