import type { BoardDeliveryFragment, DeliveryStatus } from '../generated/documents.ts';

export type Delivery = BoardDeliveryFragment;

/** What is done with an order next: answer it, make it, hand it over. */
export type Column = 'new' | 'making' | 'ready';
export const COLUMNS: readonly Column[] = ['new', 'making', 'ready'];

export interface Card {
  readonly delivery: Delivery;
  /** A finished one stays where it was for a moment. */
  readonly column: Column;
  /** When it came to its present state, in ms since 1970; undefined where nobody said. */
  readonly since: number | undefined;
  /** Of a finished one. ms since 1970 */
  readonly leavesAt: number | undefined;
}

/** What happened to an order while the board was looked at. */
export interface Happening {
  readonly key: string;
  readonly orderId: string;
  readonly version: number;
  readonly queueNumber: number | null;
  readonly status: DeliveryStatus;
  /** ms since 1970 */
  readonly at: number;
  /** Done by staff, and not on this screen. */
  readonly elsewhere: boolean;
}

export interface Board {
  readonly cards: ReadonlyMap<string, Card>;
  /** The versions of those that left, so that a late answer does not bring them back. */
  readonly left: ReadonlyMap<string, number>;
  /** Newest first. */
  readonly happenings: readonly Happening[];
}

export type Step =
  | {
      /** A state of a delivery, from whichever source: the newest counts. */
      readonly kind: 'told';
      readonly delivery: Delivery;
      /** When it came to be so; ms since 1970. */
      readonly at?: number;
      /** ms since 1970 */
      readonly now: number;
      /** A command of this screen for this order was under way. */
      readonly ours?: boolean;
    }
  /** A command of this screen for this order was refused: what came after version `since` was none of its doing. */
  | { readonly kind: 'refused'; readonly orderId: string; readonly since: number }
  | { readonly kind: 'gone'; readonly orderId: string }
  | { readonly kind: 'tick'; readonly now: number };

export const emptyBoard: Board = { cards: new Map(), left: new Map(), happenings: [] };

/** How long a finished order stays in sight, in ms: what the staff did themselves is known to them. */
const STAYS: Readonly<Partial<Record<DeliveryStatus, number>>> = {
  PICKED_UP: 4_000,
  REJECTED: 4_000,
  CANCELED_BY_CAFE: 5_000,
  CANCELED: 10_000,
  EXPIRED: 10_000,
  NOT_COLLECTED: 10_000,
};
const BY_STAFF: ReadonlySet<DeliveryStatus> = new Set([
  'RECEIVED',
  'READY',
  'PICKED_UP',
  'REJECTED',
  'CANCELED_BY_CAFE',
]);
const HAPPENINGS = 12;
const REMEMBERED = 500;

/** @returns undefined for a finished one */
export function columnOf(status: DeliveryStatus): Column | undefined {
  if (status === 'ORDER_GET') return 'new';
  if (status === 'RECEIVED') return 'making';
  return status === 'READY' ? 'ready' : undefined;
}

/** The board after a step; the same one where nothing changed. */
export function stepBoard(board: Board, step: Step): Board {
  switch (step.kind) {
    case 'told':
      return told(board, step);
    case 'refused':
      return refused(board, step);
    case 'gone':
      return leave(board, [step.orderId]);
    case 'tick':
      return leave(
        board,
        [...board.cards.values()]
          .filter(({ leavesAt }) => leavesAt !== undefined && leavesAt <= step.now)
          .map(({ delivery }) => delivery.orderId),
      );
    default:
      return step satisfies never;
  }
}

function told(board: Board, { delivery, at, now, ours = false }: Extract<Step, { kind: 'told' }>): Board {
  const { orderId, version, status } = delivery;
  const before = board.cards.get(orderId);
  const known = before?.delivery.version ?? board.left.get(orderId) ?? 0;
  if (version < known || (before === undefined && version === known)) return board;
  if (before !== undefined && version === known) {
    // Told twice; the second may say when.
    if (before.since !== undefined || at === undefined) return board;
    return { ...board, cards: new Map(board.cards).set(orderId, { ...before, since: at }) };
  }
  const column = columnOf(status);
  // Canceled before anybody here saw it: nothing to show.
  if (column === undefined && before === undefined) return { ...board, left: remember(board.left, orderId, version) };
  const card: Card = {
    delivery,
    column: column ?? before?.column ?? 'new',
    since: at,
    leavesAt: column === undefined ? now + (STAYS[status] ?? 0) : undefined,
  };
  const cards = new Map(board.cards).set(orderId, card);
  if (before === undefined) return { ...board, cards };
  const happening: Happening = {
    key: `${orderId}:${version}`,
    orderId,
    version,
    queueNumber: delivery.queueNumber ?? before.delivery.queueNumber,
    status,
    at: at ?? now,
    elsewhere: !ours && BY_STAFF.has(status),
  };
  return { ...board, cards, happenings: [happening, ...board.happenings].slice(0, HAPPENINGS) };
}

function refused(board: Board, { orderId, since }: Extract<Step, { kind: 'refused' }>): Board {
  const happenings = board.happenings.map((one) =>
    one.orderId === orderId && one.version > since ? { ...one, elsewhere: BY_STAFF.has(one.status) } : one,
  );
  return { ...board, happenings };
}

function leave(board: Board, orderIds: readonly string[]): Board {
  if (!orderIds.some((orderId) => board.cards.has(orderId))) return board;
  const cards = new Map(board.cards);
  let { left } = board;
  for (const orderId of orderIds) {
    const card = cards.get(orderId);
    if (card === undefined) continue;
    cards.delete(orderId);
    // Who only seems to be gone may come back as it was.
    if (card.leavesAt !== undefined) left = remember(left, orderId, card.delivery.version);
  }
  return { ...board, cards, left };
}

function remember(left: Board['left'], orderId: string, version: number): Board['left'] {
  return new Map([...left, [orderId, version] as const].slice(-REMEMBERED));
}

/** Who comes first in a column: whoever has waited longest. */
export function cardsOf(board: Board, column: Column): Card[] {
  return [...board.cards.values()]
    .filter((card) => card.column === column)
    .toSorted((a, b) => orderOf(a).localeCompare(orderOf(b)) || a.delivery.orderId.localeCompare(b.delivery.orderId));
}

function orderOf({ column, delivery }: Card): string {
  const { acceptBy, receivedAt, readyAt } = delivery;
  return { new: acceptBy, making: receivedAt ?? acceptBy, ready: readyAt ?? receivedAt ?? acceptBy }[column];
}

/** How many of a column are still to be dealt with. */
export function countOf(board: Board, column: Column): number {
  return cardsOf(board, column).filter(({ leavesAt }) => leavesAt === undefined).length;
}

/** Shown as unfinished, and not among those that are: what became of them has to be asked. */
export function missingFrom(board: Board, present: readonly Pick<Delivery, 'orderId'>[]): string[] {
  const there = new Set(present.map(({ orderId }) => orderId));
  return [...board.cards.values()]
    .filter(({ delivery, leavesAt }) => leavesAt === undefined && !there.has(delivery.orderId))
    .map(({ delivery }) => delivery.orderId);
}

/** What an order is called before it has a number: the end of its id, which the customer's page shows, too. */
export function shortId(orderId: string): string {
  return orderId.slice(-4).toUpperCase();
}
