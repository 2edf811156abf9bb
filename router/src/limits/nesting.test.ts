import { nestsTooDeep } from './nesting.ts';

const padding = `"${'x'.repeat(3_000)}"`;
const nested = (open: string, close: string, times: number) =>
  `[${padding},${open.repeat(times)}1${close.repeat(times)}]`;

describe('the nesting of a JSON text', () => {
  it.each([
    ['arrays', nested('[', ']', 600), true],
    ['objects', nested('{"a":', '}', 600), true],
    ['both', nested('[{"a":', '}]', 300), true],
    ['as much as anybody needs', nested('[', ']', 400), false],
    ['much beside each other', nested('[],', '', 2_000), false],
    ['brackets in a text', nested('"[[[["', '', 400), false],
    ['brackets after a quote in a text', `["${'\\"[[['.repeat(1_000)}"]`, false],
    ['brackets after a text that ends with a backslash', `["${'\\\\'.repeat(1_500)}",${'['.repeat(600)}`, true],
    ['a text without an end', `["${'x'.repeat(3_000)}[[[[`, false],
    ['a short text, whatever it is', '['.repeat(1_999), false],
  ])('is too deep, or not: %s', (_what, text, tooDeep) => {
    expect(nestsTooDeep(text)).toBe(tooDeep);
  });
});
