import { effect } from '@preact/signals';
import { loadPersonas, personas } from './personas.ts';
import { endSession, person, signIn } from './session.ts';

let renewing: Promise<boolean> | undefined;

/**
 * A token for the same person after theirs was refused or is over: in the demonstration a fresh one, else the one there is.
 * The page goes on without anybody having to sign in again.
 *
 * @returns undefined where nobody can say now: without a connection, or when somebody else has signed in
 */
export async function renewedToken(subject: string): Promise<string | undefined> {
  // All that were refused at once ask once.
  renewing ??= loadPersonas().finally(() => (renewing = undefined));
  const known = await renewing;
  const { value } = personas;
  const who = person.value;
  if (!known || who?.subject !== subject) return undefined;
  const fresh = value.state === 'on' ? value.list.find((one) => one.subject === subject)?.token : undefined;
  return fresh !== undefined && fresh !== who.token && signIn(fresh) ? fresh : who.token;
}

/** The longest that a browser's timer waits, in ms; a page is not open for so long. */
const LONGEST = 2 ** 31 - 1;
/** Until it is asked again where nobody could say. ms */
const SOON = 5_000;

// Somebody who only looks is told, too, when the token comes to its end.
effect(function watchTheEnd() {
  const who = person.value;
  if (who?.expiresAt === undefined || who.expiresAt - Date.now() > LONGEST) return undefined;
  const { subject, token, expiresAt } = who;
  let timer = setTimeout(() => void renewOrEnd(), expiresAt - Date.now());
  async function renewOrEnd(): Promise<void> {
    const renewed = await renewedToken(subject);
    if (renewed === token) endSession(subject);
    else if (renewed === undefined && person.value?.token === token) timer = setTimeout(() => void renewOrEnd(), SOON);
  }
  return () => clearTimeout(timer);
});
