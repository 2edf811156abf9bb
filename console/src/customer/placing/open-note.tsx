import { Button, LinkButton } from '../../ui/button.tsx';
import { Note } from '../../ui/note.tsx';
import { problemText } from '../../ui/problem-note.tsx';
import { dayAndTime, won } from '../../text/format.ts';
import css from '../page.module.css';
import { text } from '../text.ts';
import type { Placer } from './placer.ts';
import { isOpen } from './placing.ts';

/** Says how it stands with an order whose outcome is open; nothing where there is none. */
export function OpenNote({ placer }: { readonly placer: Placer }) {
  const placing = placer.state.value;
  const { placing: words } = text.now;
  if (!isOpen(placing)) return null;
  const { placement } = placing;
  switch (placing.state) {
    case 'sending':
      return (
        <Note role="status" kind={placing.again ? 'warn' : 'plain'}>
          <p>
            <b>{text.now.cart.paying}</b> {placing.again ? words.again : words.bank}
          </p>
        </Note>
      );
    case 'left':
      return (
        <Note role="status" kind="warn">
          <p>{words.left(dayAndTime(new Date(placement.at)), won(placement.expectedTotal))}</p>
          <OpenActions placer={placer} />
        </Note>
      );
    case 'unknown': {
      const { problem } = placing;
      const waits = problem.kind === 'unreachable' || problem.kind === 'busy' || problem.kind === 'partly';
      return (
        <Note role="alert" kind={waits ? 'warn' : 'bad'}>
          <p>{waits ? words.unknown : words.failed}</p>
          {!waits && <p>{problemText(problem)}</p>}
          <OpenActions placer={placer} />
        </Note>
      );
    }
  }
}

function OpenActions({ placer }: { readonly placer: Placer }) {
  const { placing: words } = text.now;
  return (
    <div class={css.actions}>
      <Button look="primary" onClick={placer.sendAgain}>
        {words.sendAgain}
      </Button>
      <LinkButton href="/orders">{words.myOrders}</LinkButton>
      <Button look="quiet" onClick={placer.dismiss}>
        {words.drop}
      </Button>
    </div>
  );
}
