import {
  cardsOf,
  countOf,
  emptyBoard,
  missingFrom,
  shortId,
  stepBoard,
  type Board,
  type Delivery,
  type Step,
} from './board.ts';

const NOW = Date.parse('2020-05-14T03:00:00.000Z');

function delivery(changes: Partial<Delivery> = {}): Delivery {
  return {
    orderId: 'order-1',
    lines: [{ product: 'IceAmericano', qty: 1, total: 2_000 }],
    status: 'ORDER_GET',
    version: 1,
    queueNumber: null,
    acceptBy: '2020-05-14T03:10:00.000Z',
    readyBy: null,
    receivedAt: null,
    readyAt: null,
    availableActions: ['ACCEPT', 'REJECT'],
    ...changes,
  };
}
const accepted: Partial<Delivery> = {
  status: 'RECEIVED',
  version: 2,
  queueNumber: 14,
  receivedAt: '2020-05-14T03:01:00.000Z',
};
const told = (changes: Partial<Delivery>, more: Partial<Extract<Step, { kind: 'told' }>> = {}): Step => ({
  kind: 'told',
  delivery: delivery(changes),
  now: NOW,
  ...more,
});
const after = (...steps: Step[]): Board => steps.reduce(stepBoard, emptyBoard);
const shown = (board: Board, column: 'new' | 'making' | 'ready') =>
  cardsOf(board, column).map((card) => `${card.delivery.orderId} ${card.delivery.status}`);

describe('the board', () => {
  it('shows an order in the column of what is to do with it', () => {
    const board = after(
      told({ orderId: 'a' }),
      told({ ...accepted, orderId: 'b' }),
      told({ orderId: 'c', status: 'READY', version: 3 }),
    );
    expect(shown(board, 'new')).toEqual(['a ORDER_GET']);
    expect(shown(board, 'making')).toEqual(['b RECEIVED']);
    expect(shown(board, 'ready')).toEqual(['c READY']);
  });

  it('moves an order on, and never back by a late answer', () => {
    const board = after(told({}), told({ ...accepted }), told({ version: 1 }));
    expect(shown(board, 'new')).toEqual([]);
    expect(shown(board, 'making')).toEqual(['order-1 RECEIVED']);
  });

  it('stays the same board when it is told what it knows', () => {
    const board = after(told({}, { at: NOW - 5_000 }));
    expect(stepBoard(board, told({}, { at: NOW }))).toBe(board);
    expect(stepBoard(board, told({}))).toBe(board);
  });

  it('learns later since when an order is as it is', () => {
    const board = after(told({}), told({}, { at: NOW - 5_000 }));
    expect(board.cards.get('order-1')?.since).toBe(NOW - 5_000);
  });

  it('keeps a finished order in its column for a moment, without counting it, and then lets it go for good', () => {
    const canceled = told({ status: 'CANCELED', version: 2, availableActions: [] });
    const board = after(told({}), canceled);
    expect(shown(board, 'new')).toEqual(['order-1 CANCELED']);
    expect(countOf(board, 'new')).toBe(0);
    expect(stepBoard(board, { kind: 'tick', now: NOW + 1_000 })).toBe(board);
    const later = stepBoard(board, { kind: 'tick', now: NOW + 60_000 });
    expect(later.cards.size).toBe(0);
    expect(stepBoard(later, told({}))).toBe(later);
    expect(stepBoard(later, canceled)).toBe(later);
  });

  it('shows nothing of an order that was canceled before anybody saw it', () => {
    const board = after(told({ status: 'CANCELED', version: 2 }), told({ version: 1 }));
    expect(board.cards.size).toBe(0);
    expect(board.happenings).toEqual([]);
  });

  it('begins with the present state without pretending that it just happened', () => {
    expect(after(told({ ...accepted })).happenings).toEqual([]);
  });

  it('says what happened, newest first, with the number, and whether somebody else did it', () => {
    const board = after(
      told({}),
      told({ ...accepted }, { at: NOW + 1_000 }),
      told({ ...accepted, status: 'READY', version: 3 }, { at: NOW + 2_000, ours: true }),
      told({ orderId: 'order-2' }),
      told({ orderId: 'order-2', status: 'CANCELED', version: 2 }, { at: NOW + 3_000 }),
    );
    expect(board.happenings).toEqual([
      expect.objectContaining({ orderId: 'order-2', status: 'CANCELED', queueNumber: null, elsewhere: false }),
      expect.objectContaining({ status: 'READY', queueNumber: 14, elsewhere: false, at: NOW + 2_000 }),
      expect.objectContaining({ status: 'RECEIVED', queueNumber: 14, elsewhere: true, at: NOW + 1_000 }),
    ]);
  });

  it('says that it was somebody else where an attempt of its own was refused', () => {
    const board = after(
      told({}),
      told({ ...accepted }, { ours: true }),
      told({ ...accepted, status: 'READY', version: 3 }, { ours: true }),
      { kind: 'refused', orderId: 'order-1', since: 2 },
    );
    expect(board.happenings).toEqual([
      expect.objectContaining({ status: 'READY', elsewhere: true }),
      expect.objectContaining({ status: 'RECEIVED', elsewhere: false }),
    ]);
  });

  it('remembers a dozen of what happened', () => {
    const steps = Array.from({ length: 20 }, (_, index) => [
      told({ orderId: `order-${index}` }),
      told({ orderId: `order-${index}`, status: 'EXPIRED', version: 2 }),
    ]).flat();
    const board = after(...steps);
    expect(board.happenings).toHaveLength(12);
    expect(board.happenings[0]?.orderId).toBe('order-19');
  });

  it('puts whoever has waited longest first', () => {
    const board = after(
      told({ orderId: 'late', acceptBy: '2020-05-14T03:12:00.000Z' }),
      told({ orderId: 'early', acceptBy: '2020-05-14T03:09:00.000Z' }),
      told({ ...accepted, orderId: 'second', receivedAt: '2020-05-14T03:02:00.000Z' }),
      told({ ...accepted, orderId: 'first', receivedAt: '2020-05-14T03:01:00.000Z', queueNumber: 15 }),
    );
    expect(cardsOf(board, 'new').map((card) => card.delivery.orderId)).toEqual(['early', 'late']);
    expect(cardsOf(board, 'making').map((card) => card.delivery.orderId)).toEqual(['first', 'second']);
  });

  it('names those whose end it has missed, which are not in the present state', () => {
    const board = after(
      told({ orderId: 'there' }),
      told({ orderId: 'missed' }),
      told({ orderId: 'ended' }),
      told({ orderId: 'ended', status: 'REJECTED', version: 2 }),
    );
    expect(missingFrom(board, [{ orderId: 'there' }])).toEqual(['missed']);
  });

  it('takes away an order that is gone, and shows it again when it comes back', () => {
    const board = after(told({}), { kind: 'gone', orderId: 'order-1' });
    expect(board.cards.size).toBe(0);
    expect(shown(stepBoard(board, told({})), 'new')).toEqual(['order-1 ORDER_GET']);
  });

  it('calls an order without a number by the end of its id', () => {
    expect(shortId('0b5c7a1e-9f3d-4c4e-8b55-1f2a3b4cdef0')).toBe('DEF0');
  });
});
