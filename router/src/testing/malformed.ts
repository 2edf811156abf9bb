import { createRandom, type Random } from '../../conformance/random.ts';
import { bodies, contentTypes, heads, methods, oddHeaders, searches } from './malformed-http.ts';
import { messages } from './malformed-messages.ts';

/** A request as HTTP has it. */
export interface MalformedHttp {
  readonly kind: 'http';
  readonly method: string;
  /** What follows the endpoint's path. */
  readonly search: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  /** No reading of it is a request that can be answered: an answer of 200 would be wrong. */
  readonly hopeless: boolean;
}

/** Bytes for a bare connection. */
export interface MalformedBytes {
  readonly kind: 'bytes';
  readonly bytes: Buffer;
}

/** Messages for a socket. */
export interface MalformedMessages {
  readonly kind: 'messages';
  /** Whether the connection is opened by the book before them. */
  readonly initialized: boolean;
  readonly messages: readonly (string | Buffer)[];
}

export type Malformed = MalformedHttp | MalformedBytes | MalformedMessages;

const json = { 'content-type': 'application/json' };

/** What a client can send that no client should, the same for the same seed. */
export function createMalformed(seed: string): () => Malformed {
  const random = createRandom(seed);

  function http(): MalformedHttp {
    const headers = random.chance(0.3) ? random.pick(oddHeaders)(random) : {};
    const form = random.integer(10);
    if (form === 0) {
      const asked = random.chance(0.7) ? { 'apollo-require-preflight': 'yes' } : {};
      const search = random.pick(searches)(random);
      // With this header a browser would get the playground, which is no GraphQL.
      const { accept: _accept, ...others } = headers;
      return {
        kind: 'http',
        method: 'GET',
        search,
        headers: { ...asked, ...others },
        body: undefined,
        hopeless: false,
      };
    }
    const [body, hopeless] = random.pick(bodies)(random);
    const bytes = Buffer.from(body);
    if (form === 1) {
      const method = random.pick(methods);
      return { kind: 'http', method, search: '', headers: { ...json, ...headers }, body: bytes, hopeless: true };
    }
    const type = form === 2 ? { 'content-type': random.pick(contentTypes) } : json;
    return { kind: 'http', method: 'POST', search: '', headers: { ...type, ...headers }, body: bytes, hopeless };
  }

  return function next() {
    const form = random.integer(20);
    if (form === 0) {
      const bytes = random.chance(0.3) ? randomBytes(random) : Buffer.from(random.pick(heads)(random), 'latin1');
      return { kind: 'bytes', bytes };
    }
    if (form > 5) return http();
    return {
      kind: 'messages',
      initialized: random.chance(0.8),
      messages: Array.from({ length: 1 + random.integer(3) }, () => random.pick(messages)(random)),
    };
  };
}

function randomBytes(random: Random): Buffer {
  return Buffer.from(Array.from({ length: 1 + random.integer(200) }, () => random.integer(256)));
}
