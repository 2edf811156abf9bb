import { invalid, type InputRefusal } from './refusal.ts';

/** Half a surrogate pair is no character, and PostgreSQL stores no zero byte. */
const isStorable = (text: string): boolean => !text.includes('\0') && !/\p{Surrogate}/u.test(text);

/** Characters as Unicode counts them: an emoji outside of the basic plane is one. */
const lengthOf = (text: string): number => Array.from(text).length;

/** Whether a text is short and clean enough to be some id; a longer one names nothing that we have. */
export function isId(text: string): boolean {
  return text.length > 0 && text.length <= 200 && isStorable(text);
}

/** @returns why the text of that field can't be taken, or null. `min` and `max` count characters. */
export function textProblem(field: string, text: string, { min = 1, max }: { min?: number; max: number }) {
  if (!isStorable(text)) return invalid(field, `${field} holds characters that are no text.`);
  const length = lengthOf(text);
  if (length < min || length > max || (min > 0 && text.trim() === '')) {
    return invalid(field, `${field} must have ${min} to ${max} characters.`);
  }
  return null;
}

/** @returns why the number of that field can't be taken, or null */
export function numberProblem(field: string, value: number, { min, max }: { min: number; max: number }) {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return null;
  return invalid(field, `${field} must be a whole number from ${min} to ${max}.`);
}

export const keyProblem = (idempotencyKey: string): InputRefusal | null =>
  textProblem('idempotencyKey', idempotencyKey, { max: 200 });
