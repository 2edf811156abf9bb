import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import type { Asked } from '../graph/use-ask.ts';
import { exactTime } from '../text/format.ts';
import { ProblemNote } from '../ui/problem-note.tsx';
import { Badge, Busy, Empty } from '../ui/small.tsx';
import css from './page.module.css';
import { text } from './text.ts';

interface PanelProps {
  readonly title: ComponentChildren;
  /** What of it is shown: a day, a month, the last 30 days. */
  readonly scope?: string | undefined;
  readonly about?: string;
  readonly tools?: ComponentChildren;
  readonly asked: Pick<Asked<unknown>, 'problem' | 'answeredAt' | 'askAgain'>;
  /** There is something to show. */
  readonly ready: boolean;
  /** What is shown is of another choice, whose answer is on its way. */
  readonly outdated?: boolean;
  readonly timeZone: string;
  readonly class?: string | undefined;
  readonly children: ComponentChildren;
}

/** A part of the page with a question of its own; says so while it has no answer, and since when there is no newer one. */
export function Panel(props: PanelProps) {
  const { title, scope, about, tools, asked, ready, outdated = false, timeZone, class: more, children } = props;
  const heading = useId();
  const { problem, answeredAt, askAgain } = asked;
  const stale = ready && problem !== undefined && answeredAt !== undefined;
  return (
    <section class={`${css.panel} ${more ?? ''}`} aria-labelledby={heading}>
      <header class={css.panelHead}>
        <h2 id={heading}>
          {title}
          {scope !== undefined && <span class={css.scope}> {scope}</span>}
        </h2>
        {stale && <Badge kind="warn">{text.now.staleSince(exactTime(new Date(answeredAt), timeZone))}</Badge>}
        {tools !== undefined && <div class={css.panelTools}>{tools}</div>}
        {about !== undefined && <p class={css.about}>{about}</p>}
      </header>
      {!ready && problem === undefined && <Busy />}
      {!ready && problem?.kind === 'failed' && <ProblemNote problem={problem} again={askAgain} />}
      {!ready && problem !== undefined && problem.kind !== 'failed' && (
        // What ails all of the page is said at its top, once.
        <Empty>
          <p>{text.now.notYet}</p>
        </Empty>
      )}
      {ready && (
        <div class={`${css.panelBody} ${outdated ? css.outdated : ''}`} aria-busy={outdated}>
          {children}
        </div>
      )}
    </section>
  );
}
