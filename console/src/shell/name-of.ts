import type { Person } from './session.ts';
import { text } from './text.ts';

/** Whom to show: a customer's own name; of staff what they are, and where, in the language of the page. */
export function nameOf({ role, name, cafes }: Pick<Person, 'role' | 'name' | 'cafes'>): string {
  if (role === 'customer') return name;
  return role === 'staff' ? text.now.baristaOf(cafes.join(', ')) : text.now.roles.accountant;
}
