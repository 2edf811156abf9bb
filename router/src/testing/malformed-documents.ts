import type { Random } from '../../conformance/random.ts';

/** A request that is answered. */
export const good = { query: 'query Q($w: Boolean!) { me @include(if: $w) { name } }', variables: { w: true } };

/** Things that are of the wrong type wherever they stand. */
export const oddities: readonly unknown[] = [
  null,
  true,
  0,
  -1.5,
  1e308,
  '',
  'text',
  '\0',
  '\ud800',
  '__proto__',
  [],
  [[]],
  [null],
  {},
  { kind: 'Document' },
  { toString: 1 },
  { length: 1e9 },
];

export const names = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'w',
  '',
  ' ',
  '\0',
  '\ud800',
  'é',
  '💥',
  '$w',
];

const tokens = [
  ...'{}()[]!:=|&@$,"#\\\0\ufeff\n'.split(''),
  ...'... """ query mutation subscription fragment on me users name __typename __schema true null'.split(' '),
  ...'$w @include ...F Boolean! 1 -0 1e999 "\\uD800"'.split(' '),
  '@skip(if: $w)',
  '9'.repeat(400),
];

/** Texts that are no operation of the graph, or more than one can be asked. */
export const documents: readonly ((random: Random) => string)[] = [
  (random) => Array.from({ length: random.integer(40) }, () => random.pick(tokens)).join(' '),
  (random) => good.query.slice(0, random.integer(good.query.length)),
  (random) => `{ ${'me { '.repeat(random.integer(3_000))}`,
  (random) => nested('{ users { reviews { author ', '{ id }', ' } } }', random.integer(400)),
  (random) => `{ me(x: ${nested('[', '', ']', random.integer(6_000))}) { id } }`,
  (random) => `{ me(x: ${nested('{ a: ', '1', ' }', random.integer(3_000))}) { id } }`,
  (random) => `query ($v: ${nested('[', 'Int', ']', random.integer(4_000))}) { me { id } }`,
  (random) => `{ ${Array.from({ length: random.integer(3_000) }, (_, index) => `a${index}: me { id }`).join(' ')} }`,
  (random) => `{ ${'me { id } '.repeat(random.integer(3_000))} }`,
  (random) => `{ me { ...F } } fragment F on User { ...G } fragment G on User { ...${random.pick(['F', 'G', 'H'])} }`,
  (random) => `query A { me { id } } query ${random.pick(['A', 'B', ''])} { ${random.pick(['me { id }', 'nothing'])} }`,
  (random) =>
    `${random.pick(['query', 'mutation', 'subscription', 'fragment F on User'])} { ${random.pick(['x', '__proto__', 'constructor'])} }`,
  (random) => `{ me ${`@skip(if: ${random.pick(['$w', 'true', '1', 'null'])}) `.repeat(random.integer(500))}{ id } }`,
  () => 'type Query { a: Int }',
  () => 'fragment F on User { id }',
  () => '# nothing but a comment',
  () => '',
  () => `query ${'Q'.repeat(100_000)} { nothing }`,
  () => `{ me { name(x: "${'\\u0000'.repeat(1_000)}") } }`,
  () => '{ me { id } } extend type User { x: Int }',
  (random) => doubling(random.integer(60)),
  (random) => conditionalRoot(random),
];

export function nested(open: string, inside: string, close: string, times: number): string {
  return open.repeat(times) + inside + close.repeat(times);
}

/** A subscription that may have nothing at its root, alone or beside a query. */
function conditionalRoot(random: Random): string {
  const condition = `@${random.pick(['skip', 'include'])}${random.pick(['', '(if: $w)', '(if: 1)', '(if: true)'])}`;
  const field = (directive: string) => `unending ${directive} { version }`;
  const root = random.pick([
    field(condition),
    `... ${condition} { ${field('')} }`,
    `...F } fragment F on Subscription { ...F ${field(condition)}`,
  ]);
  return `${random.pick(['', 'query w { me { id } } '])}subscription S($w: Boolean!) { ${root} }`;
}

/** Fragments that make up twice as many fields each. */
function doubling(times: number): string {
  const fragments = Array.from(
    { length: times },
    (_, index) =>
      `fragment F${index} on User { reviews { author { ...F${index + 1} } } r: reviews { author { ...F${index + 1} } } }`,
  );
  return `{ me { ...F0 } } ${fragments.join(' ')} fragment F${times} on User { id }`;
}

/** One character replaced, left out or put in. */
export function spoilt(text: string, random: Random): string {
  const at = random.integer(text.length);
  return (
    text.slice(0, at) +
    random.pick(['', '\0', '"', '{', '}', '\\', '\ud800', '\n', 'x']) +
    text.slice(at + random.integer(2))
  );
}

export function invalidUtf8(random: Random): Buffer {
  const bytes = Buffer.from(JSON.stringify({ query: '{ me { id } } # ~~~~' }));
  bytes.set(random.pick([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80], [0xe2, 0x82]]), bytes.indexOf('~'));
  return bytes;
}
