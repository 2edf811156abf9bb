/** What an outside system remembers: in memory, and where it is given a file, through restarts as well. */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** One change, a line each: what was set, or (without a key) that all of the book was forgotten. */
type Line = readonly [book: string, key?: string, value?: unknown];

/** Single entries are never taken out: what an outside system knows, it knows until it is reset. */
export interface Book<Value> extends ReadonlyMap<string, Value> {
  set(key: string, value: Value): this;
  clear(): void;
}

export interface Journal {
  /** A book by its name, as it was left. Values are plain data. */
  book<Value>(name: string): Book<Value>;
  close(): void;
}

/**
 * A change is in the file before it is answered, so that a kill loses none that was. The file is written anew at the start, without
 * what was overwritten or forgotten since.
 *
 * @param file is made when it is not there; a line that was cut off by a kill is left out
 * @param failed hears that the file can't be written, once until it can be again: all that was missed is written then
 */
export function openJournal(file?: string, failed: (error: unknown) => void = () => undefined): Journal {
  if (file === undefined) return { book: <Value>() => new Map<string, Value>(), close: () => undefined };
  mkdirSync(dirname(file), { recursive: true });
  const books = booksIn(file);
  /** undefined: what is in the file is not all that there is. */
  let out: number | undefined;
  let failing = false;

  function writeAll(to: string): void {
    const temporary = `${to}.new`;
    rmSync(temporary, { force: true });
    // It stays the open one under its new name.
    const fresh = openSync(temporary, 'a');
    try {
      const lines = [...books].flatMap(([book, entries]) => [...entries].map((entry) => text([book, ...entry])));
      writeFileSync(fresh, lines.join(''));
      renameSync(temporary, to);
    } catch (error) {
      closeSync(fresh);
      throw error;
    }
    out = fresh;
  }

  function keep(to: string, line?: Line): void {
    try {
      if (out === undefined || line === undefined) writeAll(to);
      else writeFileSync(out, text(line));
      failing = false;
    } catch (error) {
      if (out !== undefined) closeSync(out);
      out = undefined;
      if (!failing) failed(error);
      failing = true;
    }
  }
  keep(file);

  return {
    book<Value>(name: string): Book<Value> {
      const entries = (books.get(name) ?? new Map<string, unknown>()) as Map<string, Value>;
      books.set(name, entries);
      return new KeptBook(entries, (...change) => keep(file, [name, ...change]));
    },
    close() {
      if (out !== undefined) closeSync(out);
      out = undefined;
    },
  };
}

type Keep = (...change: [] | [key: string, value: unknown]) => void;

class KeptBook<Value> extends Map<string, Value> {
  readonly #entries: Map<string, Value>;
  readonly #keep: Keep;

  constructor(entries: Map<string, Value>, keep: Keep) {
    super();
    for (const [key, value] of entries) super.set(key, value);
    this.#entries = entries;
    this.#keep = keep;
  }
  override set(key: string, value: Value): this {
    this.#entries.set(key, value);
    this.#keep(key, value);
    return super.set(key, value);
  }
  override clear(): void {
    this.#entries.clear();
    this.#keep();
    super.clear();
  }
}

const text = (line: Line): string => `${JSON.stringify(line)}\n`;

function booksIn(file: string): Map<string, Map<string, unknown>> {
  const books = new Map<string, Map<string, unknown>>();
  for (const [book, key, value] of existsSync(file) ? linesOf(readFileSync(file, 'utf8')) : []) {
    const entries = books.get(book) ?? new Map<string, unknown>();
    books.set(book, entries);
    if (key === undefined) entries.clear();
    else entries.set(key, value);
  }
  return books;
}

function linesOf(lines: string): Line[] {
  return lines.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Line];
    } catch {
      return [];
    }
  });
}
