/** What an outside system remembers: in memory, and where it is given a file, through restarts as well. */
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** One change, a line each: what was set, or (without a key) that all of the book was forgotten. */
type Line = readonly [book: string, key?: string, value?: unknown];

export interface Journal {
  /** A book by its name, as it was left. Values are plain data. */
  book<Value>(name: string): Map<string, Value>;
  /** Ends when all is in the file. */
  close(): Promise<void>;
}

/** @param file is made when it is not there; a line that was cut off by a kill is left out */
export function openJournal(file?: string): Journal {
  const books = new Map<string, Map<string, unknown>>();
  if (file === undefined) return { book: <Value>() => new Map<string, Value>(), close: () => Promise.resolve() };
  mkdirSync(dirname(file), { recursive: true });
  for (const [book, key, value] of existsSync(file) ? linesOf(readFileSync(file, 'utf8')) : []) {
    const entries = books.get(book) ?? new Map<string, unknown>();
    books.set(book, entries);
    if (key === undefined) entries.clear();
    else entries.set(key, value);
  }
  const out = createWriteStream(file, { flags: 'a' });
  // A line that was cut off ends here.
  out.write('\n');
  const write = (line: Line): void => void out.write(`${JSON.stringify(line)}\n`);

  class Book<Value> extends Map<string, Value> {
    readonly #name: string;
    #read = false;

    constructor(name: string) {
      super();
      this.#name = name;
      for (const [key, value] of books.get(name) ?? []) super.set(key, value as Value);
      this.#read = true;
    }
    override set(key: string, value: Value): this {
      if (this.#read) write([this.#name, key, value]);
      return super.set(key, value);
    }
    override clear(): void {
      write([this.#name]);
      super.clear();
    }
  }

  return {
    book: <Value>(name: string) => new Book<Value>(name),
    close: () => new Promise((resolve) => out.end(resolve)),
  };
}

function linesOf(text: string): Line[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Line];
    } catch {
      return [];
    }
  });
}
