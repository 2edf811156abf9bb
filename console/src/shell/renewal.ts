import { loadPersonas, personas } from './personas.ts';
import { person, signIn } from './session.ts';

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
