/** Won, of one piece. */
const MAX_PRICE = 10_000_000;

/** @returns the price that was typed, with or without commas and ₩; undefined for what is none */
export function priceOf(typed: string): number | undefined {
  const digits = typed.replaceAll(/[\s,₩원]/gu, '');
  const price = Number(digits);
  return /^\d+$/.test(digits) && price <= MAX_PRICE ? price : undefined;
}
