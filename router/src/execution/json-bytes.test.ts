import { asciiBytes, createJsonBytes } from './json-bytes.ts';

describe('JSON bytes', () => {
  it.each([
    '',
    'plain',
    'a "quoted" one',
    'back\\slash',
    'line\nbreak\ttab\u0000nul\u001f',
    '\u007f',
    '커피 한 잔',
    'é',
    '😀',
    '\ud800 alone',
    '\u2028',
    'x'.repeat(40),
    'x'.repeat(41),
    `${'x'.repeat(41)}"`,
    `${'x'.repeat(41)}\u007f`,
    'é'.repeat(30),
    'é'.repeat(2_000),
  ])('write a string as JSON.stringify does: %j', (text) => {
    const bytes = createJsonBytes(1);
    bytes.string('before');
    bytes.string(text);
    expect(bytes.take().toString()).toBe(`"before"${JSON.stringify(text)}`);
  });

  it('grow with what is written, whatever the way', () => {
    const bytes = createJsonBytes(1);
    let expected = '';
    for (let round = 0; round < 50; round++) {
      const from = bytes.end;
      bytes.raw(asciiBytes('{"a":'));
      bytes.string('b');
      bytes.text('1.5');
      bytes.again(from, bytes.end);
      expected += '{"a":"b"1.5'.repeat(2);
    }
    expect(bytes.take().toString()).toBe(expected);
  });

  it('take back what stands behind an end that is set back', () => {
    const bytes = createJsonBytes();
    bytes.string('kept');
    const { end } = bytes;
    bytes.string('taken back');
    bytes.end = end;
    bytes.text('null');
    expect(bytes.take().toString()).toBe('"kept"null');
  });

  it('have copies of their own', () => {
    const bytes = createJsonBytes();
    bytes.string('first');
    const first = bytes.take();
    bytes.string('other');
    expect(first.toString()).toBe('"first"');
  });

  it('begin again after an answer, also after one that was larger than what is kept', () => {
    const bytes = createJsonBytes(16);
    bytes.text(`"${'x'.repeat(9_000_000)}"`);
    expect(bytes.take()).toHaveLength(9_000_002);
    bytes.string('small, but larger than at the beginning');
    expect(bytes.take().toString()).toBe('"small, but larger than at the beginning"');
  });

  it('escape what is beyond ASCII in a constant', () => {
    expect(JSON.parse(Buffer.from(asciiBytes('"é커😀"')).toString('latin1'))).toBe('é커😀');
  });
});
