/** What is another in each request, and matters to no answer: a number behind this word, always of as many digits. */
export const VISIT = 'visit-';
export const VISIT_DIGITS = 9;

export function visitText(number: number): string {
  return `${VISIT}${String(number).padStart(VISIT_DIGITS, '0')}`;
}
