import { useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import { BoardChangesDocument, BoardDeliveryNowDocument, BoardPresentDocument } from '../generated/documents.ts';
import { asPerson } from '../graph/as-person.ts';
import { problemOf, type Problem } from '../graph/problem.ts';
import { connection } from '../graph/connection.ts';
import { useAsk } from '../graph/use-ask.ts';
import { person } from '../shell/session.ts';
import { useLive, type LiveState } from '../graph/use-live.ts';
import { emptyBoard, missingFrom, stepBoard, type Board, type Delivery } from './board.ts';

/** What the parts of the board do to it. */
export interface BoardActions {
  /** The answer of a command of this screen. */
  tell(delivery: Delivery): void;
  /** A command for this order is under way until the returned function is called. */
  begin(orderId: string): (wasRefused: boolean) => void;
  /** Says something on the card of an order, until something else is done with it; undefined: nothing any more. */
  say(orderId: string, words: string | undefined): void;
}

export interface UsedBoard extends BoardActions {
  readonly board: Board;
  readonly said: ReadonlyMap<string, string>;
  readonly live: LiveState;
  /** Whether the present state has been told, so that an empty board means that there is nothing. */
  readonly known: boolean;
  readonly problem: Problem | undefined;
}

/** What is said on a card stays so long. ms */
const SAID_FOR = 20_000;
/** The feed tells all; this finds what ended between the first answer and the feed's beginning. ms */
const LOOK_AGAIN = 30_000;
/** To ask again what became of an order after that failed. ms */
const ASK_AGAIN = 3_000;
/** Of these another try may help. */
const AWAY: ReadonlySet<Problem['kind']> = new Set(['unreachable', 'partly', 'busy']);

/** The orders of a café as they are and change. */
export function useBoard(cafeId: string): UsedBoard {
  const [board, step] = useReducer(stepBoard, emptyBoard);
  const [said, setSaid] = useState<ReadonlyMap<string, string>>(new Map());
  const ours = useRef(new Map<string, number>());
  const silence = useRef(new Map<string, ReturnType<typeof setTimeout>>());
  const askingAgain = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(askingAgain.current), []);
  const latest = useRef(board);
  latest.current = board;
  const present = useAsk(BoardPresentDocument, { cafeId }, { every: LOOK_AGAIN });

  function told(delivery: Delivery, at?: string): void {
    step({
      kind: 'told',
      delivery,
      now: Date.now(),
      ours: ours.current.has(delivery.orderId),
      ...(at === undefined ? {} : { at: Date.parse(at) }),
    });
  }

  const live = useLive(
    BoardChangesDocument,
    { cafeId },
    {
      next: ({ deliveriesChanged: { delivery, at } }) => told(delivery, at),
      // The present state comes again, and says nothing of those that were finished meanwhile.
      resumed: (outcome) => void (outcome === 'exact' || present.askAgain()),
    },
  );

  const connected = connection.value.state === 'live';
  const begun = live.state === 'live';
  const first = useRef(true);
  useEffect(
    function askWithTheFeed() {
      // What the present state was asked for before the feed began may have changed in between.
      if (!first.current && connected) present.askAgain();
      first.current = false;
    },
    [connected, begun],
  );

  useEffect(
    function reconcile() {
      if (present.data === undefined) return;
      const unfinished = present.data.deliveries.edges.map(({ node }) => node);
      for (const delivery of unfinished) told(delivery);
      // The answer may be older than what the board knows, so that each is asked by itself.
      for (const orderId of missingFrom(latest.current, unfinished)) void askWhatBecame(orderId);
    },
    [present.data],
  );

  async function askWhatBecame(orderId: string): Promise<void> {
    const result = await asPerson(person.value?.subject, (client, context) =>
      client.query(BoardDeliveryNowDocument, { orderId }, context).toPromise(),
    );
    if (result === undefined) return;
    const { data, error } = result;
    if (data?.delivery != null) told(data.delivery);
    else if (error === undefined) step({ kind: 'gone', orderId });
    else if (AWAY.has(problemOf(error, false).kind)) {
      clearTimeout(askingAgain.current);
      askingAgain.current = setTimeout(present.askAgain, ASK_AGAIN);
    }
  }

  const nextLeave = Math.min(...[...board.cards.values()].map(({ leavesAt }) => leavesAt ?? Infinity));
  useEffect(
    function letLeave() {
      if (nextLeave === Infinity) return undefined;
      const timer = setTimeout(() => step({ kind: 'tick', now: Date.now() }), Math.max(0, nextLeave - Date.now()) + 5);
      return () => clearTimeout(timer);
    },
    [nextLeave, board],
  );

  const actions = useMemo<BoardActions>(
    () => ({
      tell: (delivery) => step({ kind: 'told', delivery, now: Date.now(), ours: true }),
      begin(orderId) {
        const count = ours.current;
        count.set(orderId, (count.get(orderId) ?? 0) + 1);
        const since = latest.current.cards.get(orderId)?.delivery.version ?? 0;
        return function end(wasRefused) {
          if (wasRefused) step({ kind: 'refused', orderId, since });
          const left = (count.get(orderId) ?? 1) - 1;
          if (left > 0) count.set(orderId, left);
          else count.delete(orderId);
        };
      },
      say(orderId, words) {
        setSaid((before) => withWords(before, orderId, words));
        clearTimeout(silence.current.get(orderId));
        if (words === undefined) return;
        const timer = setTimeout(() => setSaid((before) => withWords(before, orderId, undefined)), SAID_FOR);
        silence.current.set(orderId, timer);
      },
    }),
    [],
  );

  return {
    ...actions,
    board,
    said,
    live,
    known: present.data !== undefined || board.cards.size > 0,
    problem: present.data === undefined ? present.problem : undefined,
  };
}

function withWords(said: ReadonlyMap<string, string>, orderId: string, words: string | undefined) {
  if (said.get(orderId) === words) return said;
  const after = new Map(said);
  if (words === undefined) after.delete(orderId);
  else after.set(orderId, words);
  return after;
}
