/**
 * Fills in what variables leave open:
 *
 * - `{{new id}}` is a fresh UUID, the same at all places of one run;
 * - `{{answer placeOrder.order.id}}` is what the latest answer has there that has something there;
 * - `{{answer a.b | c.d}}` is the latest of several.
 *
 * A text that is nothing but a placeholder becomes the value itself, else the value's text is put in.
 */
const placeholder = /\{\{\s*(new id|answer\s+[^}]+?)\s*\}\}/g;

/** Nothing has answered yet what a placeholder stands for. */
export class NothingAnswered extends Error {
  /** The alternatives, e.g. `placeOrder.order.id`. */
  readonly paths: readonly string[];

  constructor(paths: readonly string[]) {
    super(`No answer has had ${paths.join(' or ')} yet.`);
    this.paths = paths;
  }
}

/**
 * @param answers the `data` of answers, the newest first
 * @throws NothingAnswered
 */
export function fillIn<Value>(value: Value, answers: readonly unknown[], newId = () => crypto.randomUUID()): Value {
  let id: string | undefined;

  function valueOf(word: string): unknown {
    if (word === 'new id') return (id ??= newId());
    const paths = word
      .slice('answer'.length)
      .split('|')
      .map((path) => path.trim());
    for (const answer of answers) {
      for (const path of paths) {
        const found = at(answer, path);
        if (found !== undefined && found !== null) return found;
      }
    }
    throw new NothingAnswered(paths);
  }

  function filled(one: unknown): unknown {
    if (typeof one === 'string') {
      const [whole] = one.matchAll(placeholder);
      if (whole?.[0] === one.trim()) return valueOf(whole[1]!);
      return one.replaceAll(placeholder, (_, word: string) => String(valueOf(word)));
    }
    if (Array.isArray(one)) return one.map(filled);
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, filled(inner)]));
  }

  return filled(value) as Value;
}

function at(value: unknown, path: string): unknown {
  let found = value;
  for (const step of path.split('.')) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string, unknown>)[step];
  }
  return found;
}
