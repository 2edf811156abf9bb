import type { LiveState } from '../graph/use-live.ts';
import { Button } from './button.tsx';
import { Note } from './note.tsx';
import { text } from './text.ts';

interface LiveEndedProps {
  readonly live: LiveState;
  /** What is asked for anew, beside following it anew. */
  readonly askAgain?: () => void;
}

/** Says that what is shown is not followed any more, where that is so, and offers to follow it again. */
export function LiveEnded({ live, askAgain }: LiveEndedProps) {
  if (live.state !== 'ended') return null;
  const { why, again } = live;
  return (
    <Note kind="warn" role="alert">
      <p>{text.now.liveEnded(why)}</p>
      <Button
        onClick={() => {
          again();
          askAgain?.();
        }}
      >
        {text.now.again}
      </Button>
    </Note>
  );
}
