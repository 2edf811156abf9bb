import { useState } from 'preact/hooks';
import { SalesResendDocument, type SalesResendMutation, type TransferPartsFragment } from '../generated/documents.ts';
import { useCommand } from '../graph/use-command.ts';
import { businessDay, count } from '../text/format.ts';
import { notify } from '../ui/notices.tsx';
import { problemText } from '../ui/problem-note.tsx';
import { text } from './text.ts';

/**
 * Sends a transfer to headquarters again and tells what came of it.
 *
 * @param settled called when that is known
 */
export function useResend(settled: () => void): {
  readonly resend: (transfer: TransferPartsFragment) => Promise<void>;
  /** The transfer that is being sent. */
  readonly sending: string | undefined;
} {
  const { run } = useCommand(SalesResendDocument);
  const [sending, setSending] = useState<string>();

  async function resend({ id, businessDate, revision }: TransferPartsFragment): Promise<void> {
    if (sending !== undefined) return;
    setSending(id);
    const outcome = await run({ transferId: id });
    setSending(undefined);
    settled();
    if (outcome === undefined) return;
    const words = text.now.transfers;
    if (outcome.answer === undefined) {
      notify(words.notSent(problemText(outcome.problem)), 'bad');
      return;
    }
    const [refusal] = outcome.answer.resendHeadquartersTransfer.userErrors;
    if (refusal === undefined) notify(words.resent(businessDay(businessDate), count(revision)), 'good');
    else notify(words.notSent(whyNot(refusal)), 'bad');
  }

  return { resend, sending };
}

type Refusal = SalesResendMutation['resendHeadquartersTransfer']['userErrors'][number];

function whyNot(refusal: Refusal): string {
  const { why } = text.now.transfers;
  if (refusal.code === 'TRANSFER_NOT_FOUND') return why.gone;
  if (refusal.code !== 'TRANSFER_NOT_RESENDABLE') return refusal.message;
  // An answered one that can't be sent again is not the newest of its day.
  return 'status' in refusal && refusal.status === 'PENDING' ? why.pending : why.newer;
}
