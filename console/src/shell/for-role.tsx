import type { ComponentChildren } from 'preact';
import { PersonasList } from './personas-list.tsx';
import { Note } from '../ui/note.tsx';
import { person, sessionOver, type Person, type Role } from './session.ts';
import css from './shell.module.css';
import { text } from './text.ts';

interface ForRoleProps {
  readonly role: Role;
  readonly children: (who: Person) => ComponentChildren;
}

/** Shows a page to whom it is for; offers everybody else to sign in as such. */
export function ForRole({ role, children }: ForRoleProps) {
  const who = person.value;
  if (who?.role === role) return <>{children(who)}</>;
  const why = { customer: text.now.pickCustomer, staff: text.now.pickStaff, accountant: text.now.pickAccountant };
  return (
    <section class={css.signIn}>
      {sessionOver.value && (
        <Note kind="warn" role="alert">
          <p>{text.now.over}</p>
        </Note>
      )}
      <h1>{text.now.whoAreYou}</h1>
      <p class={css.soft}>{why[role]}</p>
      <PersonasList role={role} />
    </section>
  );
}
