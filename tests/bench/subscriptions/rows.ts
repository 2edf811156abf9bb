/** What is told of what was measured. */
import { figureOf, type Row } from './figures.ts';
import type { OneTopicMeasured, OneTopicRounds } from './one-topic.ts';
import type { OwnOrdersMeasured, OwnOrdersRound } from './own-orders.ts';

const AIMS = { kib: 7, medianMs: 60, p99Ms: 110, ownP99Ms: 50 };

/** The last line of the output, for a program. What was not measured is not there. */
export interface Summary {
  readonly kibPerSubscriber?: number;
  readonly fanoutMedianMs?: number;
  readonly fanoutP99Ms?: number;
  readonly stockFanoutMedianMs?: number;
  readonly ownP99Ms?: number;
  readonly lost: number;
  readonly doubled: number;
  readonly wholeAgainMs?: number;
}

type Kind = Exclude<keyof OneTopicMeasured, 'lost' | 'doubled'>;
const over = (rounds: readonly OneTopicMeasured[], kind: Kind) => figureOf(rounds.map((round) => round[kind]));

export function rowsOfOneTopic({ single, shared }: OneTopicRounds, subscribers: number): Row[] {
  const row = (name: string, unit: Row['unit'], kind: Kind, aim?: number): Row => ({
    name,
    unit,
    ours: over(single.ours, kind),
    stock: over(single.stock, kind),
    floor: over(single.floor, kind),
    ...(aim !== undefined && { aim }),
  });
  return [
    row(`memory of an idle subscriber, ${subscribers} sockets`, 'KiB', 'kib', AIMS.kib),
    row('  with garbage not collected', 'KiB', 'uncollectedKib'),
    row('  on the heap of JavaScript', 'KiB', 'heapKib'),
    {
      name: '  100 subscribers on each socket',
      unit: 'KiB',
      ours: over(shared.ours, 'kib'),
      stock: over(shared.stock, 'kib'),
    },
    row(`one event to ${subscribers} subscribers, median`, 'ms', 'medianMs', AIMS.medianMs),
    row('  p99', 'ms', 'p99Ms', AIMS.p99Ms),
    row("  the server's processor time", 'ms', 'processorMs'),
    row(`until all ${subscribers} were subscribed`, 'ms', 'openMs'),
  ];
}

export function rowsOfOwnOrders(measured: OwnOrdersMeasured, subscribers: number, perSecond: number): Row[] {
  const { rounds, kib, lost, doubled, openMs } = measured;
  const of = (kind: Exclude<keyof OwnOrdersRound, 'spentAgain' | 'closings'>) =>
    figureOf(rounds.map((round) => round[kind] ?? Number.NaN));
  const rows: Row[] = [
    {
      name: `café: until all ${subscribers} were subscribed to their own orders`,
      unit: 'ms',
      ours: figureOf([openMs]),
    },
    { name: '  memory of an idle subscriber, own topic and caller each', unit: 'KiB', ours: figureOf([kib]) },
    { name: `  commit to client at ${perSecond} changes/s, p50`, unit: 'ms', ours: of('p50'), floor: of('brokerP50') },
    {
      name: `  commit to client at ${perSecond} changes/s, p99`,
      unit: 'ms',
      ours: of('p99'),
      floor: of('brokerP99'),
      aim: AIMS.ownP99Ms,
    },
  ];
  if (rounds.some(({ allBack }) => allBack !== undefined)) {
    rows.push(
      { name: '  router killed: until all had subscribed again', unit: 'ms', ours: of('allBack') },
      {
        name: `  router killed: until all ${subscribers} were whole again`,
        unit: 'ms',
        ours: of('wholeAgain'),
        floor: of('longestWait'),
      },
    );
  }
  rows.push(
    { name: '  lost', unit: 'versions', ours: figureOf([lost]), aim: 0 },
    { name: '  doubled', unit: 'versions', ours: figureOf([doubled]), aim: 0 },
  );
  return rows;
}

export function summaryOf(topic: OneTopicRounds | undefined, orders: OwnOrdersMeasured | undefined): Summary {
  const missed = (kind: 'lost' | 'doubled'): number =>
    (topic?.single.ours ?? []).reduce((sum, round) => sum + round[kind], 0) + (orders?.[kind] ?? 0);
  const whole = orders?.rounds.flatMap(({ wholeAgain }) => (wholeAgain === undefined ? [] : [wholeAgain])) ?? [];
  return {
    ...(topic !== undefined && {
      kibPerSubscriber: over(topic.single.ours, 'kib').median,
      fanoutMedianMs: over(topic.single.ours, 'medianMs').median,
      fanoutP99Ms: over(topic.single.ours, 'p99Ms').median,
      stockFanoutMedianMs: over(topic.single.stock, 'medianMs').median,
    }),
    ...(orders !== undefined && { ownP99Ms: figureOf(orders.rounds.map(({ p99 }) => p99)).median }),
    lost: missed('lost'),
    doubled: missed('doubled'),
    ...(whole.length > 0 && { wholeAgainMs: figureOf(whole).median }),
  };
}
