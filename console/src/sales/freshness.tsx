import { connection } from '../graph/connection.ts';
import type { Asked } from '../graph/use-ask.ts';
import type { LiveState } from '../graph/use-live.ts';
import { exactTime } from '../text/format.ts';
import { Badge } from '../ui/small.tsx';
import css from './page.module.css';
import { text } from './text.ts';

interface FreshnessProps {
  readonly live: LiveState;
  /** What is asked regularly. */
  readonly asked: Pick<Asked<unknown>, 'problem' | 'answeredAt'>;
  readonly timeZone: string;
}

/** Whether the figures are those of this moment, and of which moment where they aren't. */
export function Freshness({ live, asked: { problem, answeredAt }, timeZone }: FreshnessProps) {
  const { value } = connection;
  const words = text.now;
  function saying() {
    if (live.state === 'ended') return <Badge kind="bad">{words.liveEnded}</Badge>;
    if (value.state === 'lost') {
      return <Badge kind="warn">{words.lostSince(exactTime(new Date(value.since), timeZone))}</Badge>;
    }
    if (problem !== undefined) {
      const since = answeredAt === undefined ? undefined : exactTime(new Date(answeredAt), timeZone);
      return <Badge kind="warn">{since === undefined ? words.silent : words.silentSince(since)}</Badge>;
    }
    if (live.state === 'waiting') return <Badge>{words.connecting}</Badge>;
    return (
      <Badge kind="good">
        <span class={css.dot} aria-hidden="true" />
        {words.live}
      </Badge>
    );
  }
  return (
    <div class={css.freshness} role="status">
      {saying()}
      {live.state === 'ended' && live.why !== '' && <small>{words.liveEndedNote(live.why)}</small>}
    </div>
  );
}
