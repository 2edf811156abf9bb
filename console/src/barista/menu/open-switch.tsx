import { useState } from 'preact/hooks';
import { BoardSetOpenDocument } from '../../generated/documents.ts';
import { useCommand } from '../../graph/use-command.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Note } from '../../ui/note.tsx';
import css from './menu.module.css';
import { refusalText } from '../refusal-text.ts';
import { unansweredText } from '../unanswered-text.ts';
import { Switch } from './switch.tsx';
import { text as boardText } from '../text.ts';
import { text } from './text.ts';
import type { Cafe } from '../use-cafe.ts';

interface OpenSwitchProps {
  readonly cafe: Cafe;
  readonly unfinished: number;
  readonly changed: (cafe: Cafe) => void;
}

/** Opens and closes the café for new orders; asks back where orders still wait. */
export function OpenSwitch({ cafe, unfinished, changed }: OpenSwitchProps) {
  const { run, busy } = useCommand(BoardSetOpenDocument);
  const [refused, setRefused] = useState<string>();
  const [asking, setAsking] = useState(false);

  async function turn(open: boolean): Promise<void> {
    setAsking(false);
    setRefused(undefined);
    const outcome = await run({ cafeId: cafe.id, open });
    if (outcome === undefined) return;
    if (outcome.answer === undefined) {
      setRefused(unansweredText(outcome.problem));
      return;
    }
    const { cafe: after, userErrors } = outcome.answer.setCafeOpen;
    const [refusal] = userErrors;
    if (refusal !== undefined) setRefused(refusalText(refusal, cafe.timeZone));
    if (after !== null) changed(after);
  }

  return (
    <div class={css.opening}>
      <div class={css.rowTop}>
        <div class={css.name}>
          <b>{text.now.openSwitch}</b>
          <p>{cafe.open ? text.now.openHint : text.now.closedHint}</p>
        </div>
        <Switch
          label={text.now.openSwitch}
          on={cafe.open}
          busy={busy}
          words={cafe.open ? boardText.now.open : boardText.now.closed}
          turn={(open) => (!open && unfinished > 0 ? setAsking(true) : void turn(open))}
        />
      </div>
      {refused !== undefined && (
        <Note kind="bad" role="alert">
          <p>{refused}</p>
        </Note>
      )}
      {asking && (
        <Dialog
          title={text.now.closeTitle}
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button big onClick={() => setAsking(false)}>
                {boardText.now.back}
              </Button>
              <Button big look="danger" onClick={() => void turn(false)}>
                {text.now.closeDo}
              </Button>
            </>
          }
        >
          <p>{text.now.closeWarn(unfinished)}</p>
        </Dialog>
      )}
    </div>
  );
}
