import { readdir } from 'node:fs/promises';
import type { DefinedText, Texts } from './define-text.ts';

const sources = new URL('../', import.meta.url);
const files = (await readdir(sources, { recursive: true })).filter((file) => /(^|\/)text\.ts$/.test(file)).toSorted();

/** Each text by its path: a sentence, or a function that makes one. */
function leaves(texts: Texts, path = ''): [path: string, value: string | ((...values: unknown[]) => string)][] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'object' ? leaves(value, `${path}${key}.`) : [[`${path}${key}`, value] as never],
  );
}

/** What it says with values that stand for anything. */
function said(value: string | ((...values: unknown[]) => string)): string {
  return typeof value === 'string' ? value : value(...Array.from({ length: value.length }, () => 2));
}

describe.each(files)('the texts of %s', (file) => {
  let words: DefinedText<Texts>['all'];
  beforeAll(async () => {
    const { text } = (await import(new URL(file, sources).href)) as { text: DefinedText<Texts> };
    words = text.all;
  });

  it('have the same keys in both languages, with as many values each', () => {
    const shape = (texts: Texts) => leaves(texts).map(([path, value]) => [path, typeof value]);
    expect(shape(words.ko)).toEqual(shape(words.en));
  });

  it('say something, in Korean what is Korean and in English what is English', () => {
    for (const [path, value] of leaves(words.en)) {
      const text = said(value);
      expect([path, text]).toEqual([path, expect.stringMatching(/\S/)]);
      expect([path, text]).toEqual([path, expect.not.stringMatching(/\p{Script=Hangul}/u)]);
    }
    for (const [path, value] of leaves(words.ko)) {
      expect([path, said(value)]).toEqual([path, expect.stringMatching(/\S/)]);
    }
    const korean = leaves(words.ko).filter(([, value]) => /\p{Script=Hangul}/u.test(said(value)));
    expect(korean.length).toBeGreaterThan(leaves(words.ko).length * 0.8);
  });
});
