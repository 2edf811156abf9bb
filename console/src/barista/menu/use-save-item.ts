import { useState } from 'preact/hooks';
import { BoardSaveItemDocument } from '../../generated/documents.ts';
import { useCommand } from '../../graph/use-command.ts';
import { HOME_ZONE } from '../../text/format.ts';
import { refusalText } from '../refusal-text.ts';
import { unansweredText } from '../unanswered-text.ts';
import type { Cafe } from '../use-cafe.ts';

export type MenuItem = Cafe['menu'][number];

/** What was changed of a product, and no more: what another screen changes meanwhile stays. */
type Changed = Pick<MenuItem, 'product'> & Partial<MenuItem>;

export interface SavingItem {
  /** @returns whether it is saved; false at once while another change of it is under way */
  save(item: Changed): Promise<boolean>;
  readonly busy: boolean;
  readonly tryingAgain: boolean;
  /** Why the last try was not done. */
  readonly refused: string | undefined;
}

/** Saves a product of the menu. */
export function useSaveItem(cafeId: string, saved: (item: MenuItem) => void): SavingItem {
  const { run, busy, tryingAgain } = useCommand(BoardSaveItemDocument);
  const [refused, setRefused] = useState<string>();

  async function save(item: Changed): Promise<boolean> {
    setRefused(undefined);
    const outcome = await run({ ...item, cafeId });
    if (outcome === undefined) return false;
    if (outcome.answer === undefined) {
      setRefused(unansweredText(outcome.problem));
      return false;
    }
    const { menuItem, userErrors } = outcome.answer.saveMenuItem;
    const [refusal] = userErrors;
    if (refusal !== undefined) setRefused(refusalText(refusal, HOME_ZONE));
    if (menuItem !== null) saved(menuItem);
    return menuItem !== null;
  }

  return { save, busy, tryingAgain, refused };
}
