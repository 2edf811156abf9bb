/** Beyond this length JSON.stringify is faster than looking at each character here. */
const shortText = 64;

/** A string as JSON text. Most texts are short and have nothing to escape. */
export function quoted(text: string): string {
  const { length } = text;
  if (length > shortText) return JSON.stringify(text);
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    // Control characters, the quotation mark, the backslash, and surrogates, of which JSON.stringify knows the lone ones.
    if (code < 32 || code === 34 || code === 92 || (code >= 0xd800 && code <= 0xdfff)) return JSON.stringify(text);
  }
  return `"${text}"`;
}

/** Any JSON value as JSON text. */
export function jsonText(value: unknown): string {
  return typeof value === 'string' ? quoted(value) : JSON.stringify(value);
}
