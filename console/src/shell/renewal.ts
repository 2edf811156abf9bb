import { effect } from '@preact/signals';
import { loadPersonas, personas } from './personas.ts';
import { endSession, person, signIn } from './session.ts';

/**
 * A token for the same person after theirs was refused or is over: in the demonstration a fresh one, else the one there is.
 * The page goes on without anybody having to sign in again.
 */
export async function renewedToken(subject: string): Promise<string | undefined> {
  await loadPersonas();
  const { value } = personas;
  const fresh = value.state === 'on' ? value.list.find((one) => one.subject === subject)?.token : undefined;
  if (fresh !== undefined && person.value?.subject === subject) signIn(fresh);
  return fresh ?? person.value?.token;
}

/** The longest that a browser's timer waits, in ms; a page is not open for so long. */
const LONGEST = 2 ** 31 - 1;

// Somebody who only looks is told, too, when the token comes to its end.
effect(function watchTheEnd() {
  const who = person.value;
  if (who?.expiresAt === undefined || who.expiresAt - Date.now() > LONGEST) return undefined;
  const { subject, token, expiresAt } = who;
  async function renewOrEnd(): Promise<void> {
    if ((await renewedToken(subject)) === token) endSession(subject);
  }
  const timer = setTimeout(() => void renewOrEnd(), expiresAt - Date.now());
  return () => clearTimeout(timer);
});
