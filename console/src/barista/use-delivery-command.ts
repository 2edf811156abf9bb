import type { TypedDocumentNode } from '@urql/core';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { useCommand, type Meant } from '../graph/use-command.ts';
import { HOME_ZONE } from '../text/format.ts';
import type { Delivery } from './board.ts';
import { refusalText, type Refusal } from './refusal-text.ts';
import { unansweredText } from './unanswered-text.ts';
import type { BoardActions } from './use-board.ts';

/** What the cards and dialogs of a board need of it. */
export interface BoardOfCards extends BoardActions {
  readonly timeZone: string;
}

export const BoardContext = createContext<BoardOfCards>({
  timeZone: HOME_ZONE,
  tell: () => undefined,
  begin: () => () => undefined,
  say: () => undefined,
});

type Answers = Readonly<
  Record<string, { readonly delivery: Delivery | null; readonly userErrors: readonly Refusal[] }>
>;
interface AnyInput {
  readonly idempotencyKey: string;
  readonly orderId: string;
}

/** How it ended: as it was meant, or with a sentence for why not. */
export type Done = { readonly refused?: undefined } | { readonly refused: string };

export interface DeliveryCommand<Input> {
  /** @returns undefined while an earlier one is under way */
  send(input: Omit<Input, keyof AnyInput>): Promise<Done | undefined>;
  readonly busy: boolean;
  readonly tryingAgain: boolean;
}

/** A command for one order, safe to press twice. */
export function useDeliveryCommand<Data extends Answers, Input extends AnyInput>(
  document: TypedDocumentNode<Data, { input: Input }>,
  orderId: string,
): DeliveryCommand<Input> {
  const board = useContext(BoardContext);
  const { run, busy, tryingAgain } = useCommand(document);

  async function send(given: Omit<Input, keyof AnyInput>): Promise<Done | undefined> {
    const end = board.begin(orderId);
    board.say(orderId, undefined);
    let wasRefused = false;
    try {
      const outcome = await run({ ...given, orderId } as unknown as Meant<Input>);
      if (outcome === undefined) return undefined;
      // Without an answer it stays the same intention: pressing again asks for the same once more.
      if (outcome.problem !== undefined) return { refused: unansweredText(outcome.problem) };
      const [payload] = Object.values(outcome.answer);
      if (payload?.delivery != null) board.tell(payload.delivery);
      const [refusal] = payload?.userErrors ?? [];
      wasRefused = refusal !== undefined;
      return refusal === undefined ? {} : { refused: refusalText(refusal, board.timeZone) };
    } finally {
      end(wasRefused);
    }
  }

  return { send, busy, tryingAgain };
}
