import { useState } from 'preact/hooks';
import { CancelOrderDocument } from '../../generated/documents.ts';
import type { Problem } from '../../graph/problem.ts';
import { useCommand } from '../../graph/use-command.ts';
import { HOME_ZONE, minutesAndSeconds, timeOfDay } from '../../text/format.ts';
import { Button } from '../../ui/button.tsx';
import { now } from '../../ui/clock.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Note } from '../../ui/note.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { hasEnded, type WholeOrder } from './order.ts';
import css from './order.module.css';
import { text } from './text.ts';

interface CancelProps {
  readonly order: WholeOrder;
  readonly take: (order: WholeOrder) => void;
}

/** Asks the café to cancel while it may; says until when, or why not. */
export function Cancel({ order, take }: CancelProps) {
  const { cancel: words } = text.now;
  const { id, status, cancellation, cafe } = order;
  const [asking, setAsking] = useState(false);
  const [refused, setRefused] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const { run, busy, tryingAgain } = useCommand(CancelOrderDocument);
  if (hasEnded(status)) return null;

  async function cancel(): Promise<void> {
    setAsking(false);
    setProblem(undefined);
    const outcome = await run({ orderId: id });
    setProblem(outcome?.problem);
    const payload = outcome?.answer?.requestOrderCancel;
    if (payload === undefined) return;
    if (payload.order !== null) take(payload.order);
    setRefused(payload.userErrors.length > 0);
  }

  const left = cancellation.until === null ? 0 : (Date.parse(cancellation.until) - now.value) / 1_000;
  const canCancel = cancellation.allowed && left > 0;
  // It says why not, too.
  const saysRefused = refused && !busy && (status === 'ACCEPTED' || status === 'READY');
  return (
    <section class={css.cancel}>
      {canCancel ? (
        <>
          <Button look="danger" aria-disabled={busy} onClick={() => !busy && setAsking(true)}>
            {busy ? words.asking : words.button}
          </Button>
          <p>
            {words.until(
              timeOfDay(cancellation.until!, cafe?.timeZone ?? HOME_ZONE),
              minutesAndSeconds(Math.floor(left)),
            )}
          </p>
        </>
      ) : (
        !saysRefused && <p>{whyNot(order)}</p>
      )}
      <div role="status">
        {tryingAgain && <p>{words.stillTrying}</p>}
        {saysRefused && (
          <Note kind="warn">
            <p>{words.refused}</p>
          </Note>
        )}
      </div>
      {problem !== undefined && <ProblemNote problem={problem} again={() => void cancel()} />}
      {asking && (
        <Dialog
          title={words.ask}
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button onClick={() => setAsking(false)}>{words.keep}</Button>
              <Button look="danger" onClick={() => void cancel()}>
                {words.yes}
              </Button>
            </>
          }
        >
          <p>{words.asks}</p>
        </Dialog>
      )}
    </section>
  );
}

function whyNot({ status }: WholeOrder): string {
  const { cancel: words } = text.now;
  const reasons: Readonly<Partial<Record<WholeOrder['status'], string>>> = words.whyNot;
  return reasons[status] ?? words.over;
}
