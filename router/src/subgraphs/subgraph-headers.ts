import type { IncomingHttpHeaders } from 'node:http';
import { identityHeader } from '@cafe-for-me/lib/router-identity';
import { z } from 'zod';

/** What the router says itself, and what belongs to one connection: no rule touches it. */
const reserved = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'traceparent',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
  identityHeader,
]);

/** These say who the client is: they are passed on by name only, never because a pattern happens to fit. */
const secret = new Set(['authorization', 'cookie', 'proxy-authorization']);

const token = /^[\w!#$%&'*+.^`|~-]+$/;

function isUsable(name: string): boolean {
  return token.test(name) && !reserved.has(name.toLowerCase()) && !name.toLowerCase().startsWith('sec-websocket-');
}

function isPattern(text: string): boolean {
  return text.length > 2 && text.startsWith('/') && text.endsWith('/');
}

function canParse(pattern: string): boolean {
  try {
    return Boolean(new RegExp(pattern.slice(1, -1)));
  } catch {
    return false;
  }
}

const target = z
  .string()
  .refine(isUsable, { error: 'This is no name of a header that can be set: the router says such ones itself.' });
const nameOrPattern = z.string().refine((text) => (isPattern(text) ? canParse(text) : isUsable(text)), {
  error: 'This is neither the name of a header that can be passed on nor a /regular expression/.',
});
const names = z.array(nameOrPattern);
const value = z
  .string()
  .regex(/^[\t\u0020-\u007E\u0080-\u00FF]*$/, { error: 'A header can not hold these characters.' });

export const headerSettings = z.strictObject({
  propagate: names
    .default([])
    .describe(
      "The client's headers that are passed on: names, or /regular expressions/ that a lower-case name is searched with. Expressions never find authorization, cookie and proxy-authorization.",
    ),
  rename: z
    .record(z.string().regex(token), target)
    .default({})
    .describe("The client's headers that are passed on under another name: { from: to }."),
  insert: z.record(target, value).default({}).describe("Headers with a fixed value, in place of a client's."),
  remove: names.default([]).describe('What is not sent, whatever the rules above say: names or /regular expressions/.'),
});

export type HeaderSettings = z.output<typeof headerSettings>;

/** Headers for one subgraph. */
export interface HeaderRules {
  /** The same for every request: names and values by turns. */
  readonly fixed: readonly string[];
  /** What is passed on from a client, names and values by turns; undefined when nothing ever is. */
  readonly fromClient: ((headers: IncomingHttpHeaders) => string[]) | undefined;
}

/** Names are remembered with what the patterns say of them; a client could make up any number. */
const rememberedNames = 1_000;

/** Prepares the rules that all subgraphs have, together with one's own; where both give a value, its own counts. */
export function prepareHeaderRules(all: HeaderSettings, own?: HeaderSettings): HeaderRules {
  const removed = matcher([...all.remove, ...(own?.remove ?? [])]);
  const inserted = new Map(
    Object.entries({ ...lowerCased(all.insert), ...lowerCased(own?.insert) }).filter(([name]) => !removed(name)),
  );
  const propagate = [...all.propagate, ...(own?.propagate ?? [])];
  /** By the name toward the subgraph. */
  const sources = new Map<string, string>();
  function passOn(from: string, to: string): void {
    if (!inserted.has(to) && !removed(to)) sources.set(to, from);
  }
  for (const name of propagate) if (!isPattern(name)) passOn(name.toLowerCase(), name.toLowerCase());
  for (const rename of [all.rename, own?.rename ?? {}]) {
    for (const [from, to] of Object.entries(rename)) passOn(from.toLowerCase(), to.toLowerCase());
  }
  const patterns = propagate.filter(isPattern);
  const fits = matcher(patterns);
  const found = remembered(
    (name) =>
      fits(name) && isUsable(name) && !secret.has(name) && !inserted.has(name) && !sources.has(name) && !removed(name),
  );
  const pairs = [...sources];

  function fromClient(headers: IncomingHttpHeaders): string[] {
    const picked: string[] = [];
    for (const [to, from] of pairs) {
      const sent = headers[from];
      if (typeof sent === 'string') picked.push(to, sent);
    }
    if (patterns.length === 0) return picked;
    for (const name in headers) {
      const sent = headers[name];
      if (typeof sent === 'string' && found(name)) picked.push(name, sent);
    }
    return picked;
  }

  return {
    fixed: [...inserted].flat(),
    fromClient: pairs.length === 0 && patterns.length === 0 ? undefined : fromClient,
  };
}

/** @returns whether a client's header of that lower-case name may be passed on by any of these */
export function passedOn(all: readonly HeaderSettings[]): (name: string) => boolean {
  const propagate = all.flatMap((one) => one.propagate);
  const named = new Set(
    [...propagate, ...all.flatMap(({ rename }) => Object.keys(rename))].map((name) => name.toLowerCase()),
  );
  const fits = matcher(propagate.filter(isPattern));
  return remembered((name) => named.has(name) || (fits(name) && isUsable(name) && !secret.has(name)));
}

function lowerCased(values: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, text]) => [name.toLowerCase(), text]));
}

/** Whether a lower-case name is among `names`. */
function matcher(names: readonly string[]): (name: string) => boolean {
  const plain = new Set(names.filter((name) => !isPattern(name)).map((name) => name.toLowerCase()));
  const patterns = names.filter(isPattern).map((pattern) => new RegExp(pattern.slice(1, -1)));
  return (name) => plain.has(name) || patterns.some((pattern) => pattern.test(name));
}

function remembered(decide: (name: string) => boolean): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return function decided(name) {
    let decision = known.get(name);
    if (decision === undefined) {
      decision = decide(name);
      if (known.size < rememberedNames) known.set(name, decision);
    }
    return decision;
  };
}
