import { createHash } from 'node:crypto';

/** A made-up Korean mobile number, always the same for the same person: the SMS simulator needs somebody to write to. */
export function phoneOf(subject: string): string {
  const digits = (Number.parseInt(createHash('sha256').update(subject).digest('hex').slice(0, 8), 16) % 1e8)
    .toString()
    .padStart(8, '0');
  return `010-${digits.slice(0, 4)}-${digits.slice(4)}`;
}
