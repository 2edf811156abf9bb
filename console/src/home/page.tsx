import { Blocks, SquareTerminal } from 'lucide-preact';
import { useLocation } from 'preact-iso';
import { PersonasList } from '../shell/personas-list.tsx';
import { person, type Role } from '../shell/session.ts';
import { useTitle } from '../shell/use-title.ts';
import css from './page.module.css';
import { text } from './text.ts';

const pageOf: Readonly<Record<Role, string>> = { customer: '/order', staff: '/barista', accountant: '/sales' };

/** The front door. */
export function HomePage() {
  const { route } = useLocation();
  useTitle(undefined);
  return (
    <>
      <section class={css.hero}>
        <h1>{text.now.title}</h1>
        <p>{text.now.lead}</p>
      </section>
      <section class={css.part}>
        <h2>{text.now.start}</h2>
        <PersonasList signedIn={(role) => route(pageOf[person.value?.role ?? role])} />
        <p>{text.now.sideBySide}</p>
      </section>
      <section class={css.part}>
        <h2>{text.now.more}</h2>
        <div class={css.links}>
          <a class={css.link} href="/simulators">
            <Blocks size={26} aria-hidden="true" />
            <b>{text.now.simulators}</b>
            <span>{text.now.simulatorsNote}</span>
          </a>
          <a class={css.link} href="/graphql" target="_self">
            <SquareTerminal size={26} aria-hidden="true" />
            <b>{text.now.playground}</b>
            <span>{text.now.playgroundNote}</span>
          </a>
        </div>
      </section>
    </>
  );
}
