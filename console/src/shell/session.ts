import { computed, signal } from '@preact/signals';
import { keep, kept } from './storage.ts';

export type Role = 'customer' | 'staff' | 'accountant';

/** Who uses this tab, as their token says. The services check it; here it only decides what is shown. */
export interface Person {
  readonly token: string;
  readonly subject: string;
  readonly name: string;
  readonly role: Role;
  /** Of staff and accountants. */
  readonly cafes: readonly string[];
  /** The token's end in ms since 1970; undefined: it has none. */
  readonly expiresAt: number | undefined;
}

/** In sessionStorage: each tab may be another person, and a reload keeps who it is. */
const KEY = 'cafe.session';

/** @returns undefined for what is no token of somebody with a role here */
export function personOf(token: string): Person | undefined {
  try {
    const [, payload = ''] = token.split('.');
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    );
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    const { sub, role, name, cafes, exp } = claims;
    if (typeof sub !== 'string' || (role !== 'customer' && role !== 'staff' && role !== 'accountant')) return undefined;
    return {
      token,
      subject: sub,
      name: typeof name === 'string' ? name : sub,
      role,
      cafes: Array.isArray(cafes) ? cafes.map(String) : [],
      expiresAt: typeof exp === 'number' ? exp * 1_000 : undefined,
    };
  } catch {
    return undefined;
  }
}

/** @returns undefined for what does not read as a token, or is over */
function stillGood(token: string | undefined): Person | undefined {
  const one = token === undefined ? undefined : personOf(token);
  return one?.expiresAt !== undefined && one.expiresAt < Date.now() ? undefined : one;
}

const signedIn = signal(stillGood(kept(KEY, 'session')));

export const person = computed(() => signedIn.value);

/** @returns whether the token reads as one */
export function signIn(token: string): boolean {
  const one = stillGood(token);
  if (one === undefined) return false;
  keep(KEY, token, 'session');
  over.value = false;
  signedIn.value = one;
  return true;
}

export function signOut(): void {
  keep(KEY, undefined, 'session');
  signedIn.value = undefined;
}

const over = signal(false);

/** Whether the last session came to its end by itself, and nobody has signed in since. */
export const sessionOver = computed(() => over.value);

/** This person's token is good no more, and no fresh one is to be had. */
export function endSession(subject: string): void {
  if (signedIn.value?.subject !== subject) return;
  signOut();
  over.value = true;
}
