/** What a client asks for, and whether what it gets is right for the way in which the subgraph answered. */
import { isDeepStrictEqual } from 'node:util';
import { INNARDS, rightShop, rightThing, type HostileMode } from './answers.ts';
import { fineData } from './subgraphs.ts';

export const QUERY = `query Hostile($mode: String!) {
  greeting
  shops { id name rating(mode: $mode) tags(mode: $mode) }
  thing(mode: $mode) { name count weight kind parts { id } owner { name } any }
}`;

interface Answer {
  readonly data?: {
    readonly greeting: unknown;
    readonly shops: readonly Readonly<Record<string, unknown>>[];
    readonly thing: unknown;
  };
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions?: Readonly<Record<string, unknown>>;
  }[];
}

const fine = { greeting: fineData.greeting, shops: fineData.shops.map(({ id, name }) => ({ id, name })) };
const codes = { failed: 'SUBREQUEST_FAILED', late: 'SUBREQUEST_TIMEOUT' } as const;

/** @returns what is wrong with the answer, undefined when nothing is */
export function wrongIn(mode: HostileMode, status: number, text: string): string | undefined {
  if (status !== 200) return `HTTP ${status}: ${text.slice(0, 300)}`;
  if (text.includes(INNARDS)) return `tells innards: ${text.slice(0, 1000)}`;
  const answer = parsed(text);
  if (answer?.data == null) return `no data: ${text.slice(0, 300)}`;
  const { greeting, shops, thing } = answer.data;
  if (!isDeepStrictEqual({ greeting, shops: shops.map(({ id, name }) => ({ id, name })) }, fine)) {
    return `other fields are not answered: ${text.slice(0, 500)}`;
  }
  const errors = answer.errors ?? [];
  const odd = errors.find(
    ({ message, path, extensions }) =>
      typeof message !== 'string' ||
      (path?.[0] !== 'thing' && path?.[0] !== 'shops') ||
      typeof extensions?.['code'] !== 'string',
  );
  if (odd !== undefined) return `an error that is of no use: ${JSON.stringify(odd)}`;
  const wild = { thing, shops: shops.map(({ rating, tags }) => ({ rating, tags })) };
  if (mode.outcome === 'right') {
    return errors.length === 0 && isDeepStrictEqual(wild, allRight) ? undefined : `not right: ${text.slice(0, 500)}`;
  }
  if (errors.length === 0) return `no error: ${text.slice(0, 500)}`;
  if (mode.outcome === 'partly') return undefined;
  if (!isDeepStrictEqual(wild, nothing)) return `something of no answer: ${text.slice(0, 500)}`;
  const code = codes[mode.outcome];
  return errors.every(({ extensions }) => extensions?.['code'] === code)
    ? undefined
    : `not ${code}: ${text.slice(0, 500)}`;
}

const allRight = { thing: rightThing, shops: fine.shops.map(() => rightShop) };
const nothing = { thing: null, shops: fine.shops.map(() => ({ rating: null, tags: null })) };

function parsed(text: string): Answer | undefined {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return undefined;
  }
}
