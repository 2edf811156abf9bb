/** Letters and digits that nobody mistakes for one another when they are read from a phone or called out: no 0, O, 1, I, L. */
export const PICKUP_ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';

/**
 * A code of three characters.
 *
 * @param below a whole number from 0 to one below the given one, evenly spread, such as node:crypto's randomInt
 */
export function pickupCode(below: (max: number) => number): string {
  return Array.from({ length: 3 }, () => PICKUP_ALPHABET.charAt(below(PICKUP_ALPHABET.length))).join('');
}
