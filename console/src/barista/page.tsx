import { useRoute } from 'preact-iso';
import { ForRole } from '../shell/for-role.tsx';
import type { Person } from '../shell/session.ts';
import { useTitle } from '../shell/use-title.ts';
import { LinkButton } from '../ui/button.tsx';
import { Note } from '../ui/note.tsx';
import { BoardOfCafe } from './board-of-cafe.tsx';
import { text } from './text.ts';
import css from './page.module.css';

export function BaristaPage() {
  useTitle(text.now.title);
  return <ForRole role="staff">{(who) => <CafeOfRoute who={who} />}</ForRole>;
}

function CafeOfRoute({ who }: { readonly who: Person }) {
  const { params } = useRoute();
  const cafeId = params['cafeId'] ?? who.cafes[0];
  if (cafeId !== undefined && who.cafes.includes(cafeId)) {
    return <BoardOfCafe key={`${who.subject} ${cafeId}`} cafeId={cafeId} who={who} />;
  }
  return (
    <section class={css.aside}>
      <h1>{text.now.title}</h1>
      <Note kind="warn" role="alert">
        <p>{who.cafes.length === 0 ? text.now.noCafe : text.now.notYours}</p>
      </Note>
      <nav class={css.cafes} aria-label={text.now.cafes}>
        {who.cafes.map((id) => (
          <LinkButton key={id} big href={`/barista/${id}`}>
            {text.now.cafes} {id}
          </LinkButton>
        ))}
      </nav>
    </section>
  );
}
