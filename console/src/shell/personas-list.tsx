import { BarChart3, Coffee, User } from 'lucide-preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Note } from '../ui/note.tsx';
import { nameOf } from './name-of.ts';
import { loadPersonas, personas } from './personas.ts';
import { signIn, type Role } from './session.ts';
import css from './shell.module.css';
import { text } from './text.ts';

const icons = { customer: User, staff: Coffee, accountant: BarChart3 } as const;
/** ms */
const ASK_AGAIN = 3_000;

interface PersonasListProps {
  /** @default all */
  readonly role?: Role;
  readonly signedIn?: ((role: Role) => void) | undefined;
}

/** Whom one can be, to pick from; where this is no demonstration, a token to bring. */
export function PersonasList({ role, signedIn }: PersonasListProps) {
  const { value } = personas;
  const [stale, setStale] = useState(false);
  useEffect(
    function load() {
      if (value.state !== 'unknown') return undefined;
      void loadPersonas();
      const timer = setInterval(() => void loadPersonas(), ASK_AGAIN);
      return () => clearInterval(timer);
    },
    [value.state],
  );
  if (value.state === 'off') return <TokenForm signedIn={signedIn} />;
  if (value.state === 'unknown') return <p class={css.soft}>{text.now.noList}</p>;
  return (
    <>
      <ul class={css.personas}>
        {value.list
          .filter((one) => role === undefined || one.role === role)
          .map((one) => {
            const Icon = icons[one.role];
            // What a name says already is not said twice.
            const details = {
              customer: text.now.roles.customer,
              staff: one.name === text.all.en.baristaOf(one.cafes.join(', ')) ? '' : one.name,
              accountant: text.now.ofCafes(one.cafes.join(', ')),
            }[one.role];
            return (
              <li key={one.subject}>
                <button
                  type="button"
                  class={css.persona}
                  onClick={() => {
                    if (signIn(one.token)) signedIn?.(one.role);
                    else {
                      setStale(true);
                      void loadPersonas();
                    }
                  }}
                >
                  <Icon size={26} aria-hidden="true" />
                  <span>
                    <b>{nameOf(one)}</b>
                    {details !== '' && <small>{details}</small>}
                  </span>
                </button>
              </li>
            );
          })}
      </ul>
      {stale && (
        <p class={css.soft} role="alert">
          {text.now.stale}
        </p>
      )}
      <p class={css.soft}>{text.now.demoNote}</p>
    </>
  );
}

function TokenForm({ signedIn }: Pick<PersonasListProps, 'signedIn'>) {
  const [token, setToken] = useState('');
  const [wrong, setWrong] = useState(false);
  return (
    <form
      class={css.signIn}
      onSubmit={(event) => {
        event.preventDefault();
        const good = signIn(token.trim());
        setWrong(!good);
        if (good) signedIn?.('customer');
      }}
    >
      <Note>
        <p>{text.now.off}</p>
      </Note>
      <Field label={text.now.token} hint={text.now.tokenHint} fault={wrong ? text.now.tokenWrong : undefined}>
        {(attributes) => (
          <textarea {...attributes} rows={4} value={token} onInput={(event) => setToken(event.currentTarget.value)} />
        )}
      </Field>
      <Button type="submit" look="primary" disabled={token.trim() === ''}>
        {text.now.signIn}
      </Button>
    </form>
  );
}
