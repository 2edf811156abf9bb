import { useMemo, useState } from 'preact/hooks';
import type { Person } from '../shell/session.ts';
import { HOME_ZONE } from '../text/format.ts';
import { Button } from '../ui/button.tsx';
import { Note } from '../ui/note.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { Busy } from '../ui/small.tsx';
import type { Asked } from './asked.ts';
import { countOf } from './board.ts';
import { Columns } from './columns.tsx';
import { JustNow } from './just-now.tsx';
import { MenuDrawer } from './menu/menu-drawer.tsx';
import { OrderDialog } from './order-dialog.tsx';
import { text } from './text.ts';
import { TopBar } from './top-bar.tsx';
import { useBoard } from './use-board.ts';
import { useCafe } from './use-cafe.ts';
import { BoardContext } from './use-delivery-command.ts';
import { useRing } from './use-ring.ts';

interface BoardOfCafeProps {
  readonly cafeId: string;
  readonly who: Person;
}

/** The board of one café. */
export function BoardOfCafe({ cafeId, who }: BoardOfCafeProps) {
  const { board, said, live, known, problem, tell, begin, say } = useBoard(cafeId);
  const { cafe, problem: cafeProblem, tell: tellCafe } = useCafe(cafeId, board.cards);
  const [menuOpen, setMenuOpen] = useState(false);
  const [asked, setAsked] = useState<Asked>();
  useRing(board);
  const timeZone = cafe?.timeZone ?? HOME_ZONE;
  const ofCards = useMemo(() => ({ tell, begin, say, timeZone }), [tell, begin, say, timeZone]);
  const askedCard = asked === undefined ? undefined : board.cards.get(asked.orderId);
  const wrong = problem ?? cafeProblem;

  return (
    <BoardContext.Provider value={ofCards}>
      <TopBar cafeId={cafeId} cafes={who.cafes} cafe={cafe} openMenu={() => setMenuOpen(true)} />
      {live.state === 'ended' && (
        <Note kind="bad" role="alert">
          <p>{text.now.ended(live.why)}</p>
          <Button big onClick={() => location.reload()}>
            {text.now.reload}
          </Button>
        </Note>
      )}
      {wrong !== undefined && <ProblemNote problem={wrong} />}
      {known ? (
        <Columns board={board} said={said} open={cafe?.open ?? true} ask={setAsked} />
      ) : (
        wrong === undefined && <Busy />
      )}
      {known && <JustNow happenings={board.happenings} timeZone={timeZone} />}
      {asked !== undefined && askedCard !== undefined && (
        <OrderDialog
          key={`${asked.kind} ${asked.orderId}`}
          kind={asked.kind}
          card={askedCard}
          close={() => setAsked(undefined)}
        />
      )}
      {menuOpen && cafe !== undefined && (
        <MenuDrawer
          cafe={cafe}
          unfinished={countOf(board, 'new') + countOf(board, 'making') + countOf(board, 'ready')}
          changed={tellCafe}
          close={() => setMenuOpen(false)}
        />
      )}
    </BoardContext.Provider>
  );
}
