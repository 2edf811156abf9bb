/** What recurses over a request (coercion of variables, writing JSON) overflows its stack at some thousands. */
const deepest = 500;

/** Shorter texts can't nest so deep that anything overflows, and needn't be looked at. */
const harmlessLength = 2_000;

const quote = 0x22;
const backslash = 0x5c;

/** Whether the arrays and objects of a JSON text lie in each other deeper than anything can be meant. */
export function nestsTooDeep(text: string): boolean {
  if (text.length <= harmlessLength) return false;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === quote) index = endOfString(text, index);
    // [ and {, then ] and }
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > deepest) return true;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return false;
}

/** @param start of its opening quote. @returns where its closing quote is, or the end of the text */
function endOfString(text: string, start: number): number {
  let end = start;
  do end = text.indexOf('"', end + 1);
  while (end >= 0 && isEscaped(text, end));
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, position: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(position - 1 - backslashes) === backslash) backslashes += 1;
  return backslashes % 2 === 1;
}
