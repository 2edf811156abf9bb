import { signal } from '@preact/signals';
import { personOf, type Person } from './session.ts';

export interface Persona extends Person {
  readonly label: string;
}

/** off: this is no demonstration, nobody can be picked. unknown: not asked yet, or no answer. */
export type Personas =
  | { readonly state: 'unknown' }
  | { readonly state: 'off' }
  | { readonly state: 'on'; readonly list: readonly Persona[] };

export const personas = signal<Personas>({ state: 'unknown' });

/** Asks the router whom one can be in the demonstration. @returns whether it answered */
export async function loadPersonas(): Promise<boolean> {
  try {
    const answer = await fetch('/demo/personas');
    if (answer.status === 404) {
      personas.value = { state: 'off' };
      return true;
    }
    const { personas: told } = (await answer.json()) as { personas: { label: string; token: string }[] };
    const list = told.flatMap(({ label, token }) => {
      const one = personOf(token);
      return one === undefined ? [] : [{ ...one, label }];
    });
    personas.value = { state: 'on', list };
    return true;
  } catch {
    // The next who looks asks again.
    return false;
  }
}
