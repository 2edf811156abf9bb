import { readFile, stat } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** How long keys are believed, all in ms. */
export interface KeyTimes {
  /** Keys from an address are fetched again when they are so old. @default 600_000 */
  maxAgeMs?: number;
  /** For a key that isn't among them they are fetched again at most so often. @default 30_000 */
  cooldownMs?: number;
  /** While they can't be fetched again, the old ones hold for so long. @default 86_400_000 */
  keepMs?: number;
  /** A fetch may take so long. @default 5_000 */
  timeoutMs?: number;
}

/** The public keys of one issuer, from a file or an address, as they are now. */
export interface KeySet {
  /**
   * To be called before keys are used.
   *
   * @returns undefined when they are good as they are; else a promise, which rejects when there are none
   */
  freshen(): Promise<void> | undefined;
  /** A key isn't there, so perhaps it is new: reads them again unless that was done just now. @returns whether they changed */
  lookAgain(): Promise<boolean>;
  /** Finds the key for a token, among what was read last. */
  readonly find: JWTVerifyGetKey;
  /** Differs after each change: what an older version vouched for has to be checked again. */
  readonly version: number;
}

/** A file is looked at so often, in ms: a deployment replaces it without telling. */
const fileLookMs = 1000;
/** After a failure the next try is so far off at least, in ms. */
const retryMs = 1000;
/** A key set is a few kilobytes; more than so many bytes is something else. */
const maxBytes = 1024 * 1024;

/**
 * @param jwks the path of a JSON file, or an address (http, https, file)
 * @param now the clock, in ms since 1970
 */
export function createKeySet(jwks: string | URL, times: KeyTimes = {}, now: () => number = Date.now): KeySet {
  const { maxAgeMs = 600_000, cooldownMs = 30_000, keepMs = 86_400_000, timeoutMs = 5_000 } = times;
  const source = addressOf(jwks);
  const isFile = source.protocol === 'file:';
  const lookAfterMs = isFile ? fileLookMs : maxAgeMs;
  const read = isFile ? fileReader(source) : fetchReader(source, timeoutMs);
  let find: JWTVerifyGetKey | undefined;
  let text: string | undefined;
  let version = 0;
  let readAt = -Infinity;
  let triedAt = -Infinity;
  let failure: Error | undefined;
  let reading: Promise<void> | undefined;

  /** @throws when it is no key set */
  function use(fresh: string): void {
    if (fresh === text) return;
    find = createLocalJWKSet(JSON.parse(fresh) as JSONWebKeySet);
    text = fresh;
    version += 1;
  }

  async function readKeys(): Promise<void> {
    triedAt = now();
    try {
      await read(use);
      readAt = now();
      failure = undefined;
    } catch (error) {
      failure = new Error(`The key set ${source.href} can't be read.`, { cause: error });
    } finally {
      reading = undefined;
    }
  }

  function readOnce(): Promise<void> {
    reading ??= readKeys();
    return reading;
  }

  /** A source that fails, or a file that is being replaced, leaves the keys that were read. */
  function areUsable(): boolean {
    return find !== undefined && now() - readAt < lookAfterMs + keepMs;
  }

  async function needed(): Promise<void> {
    if (failure === undefined || now() - triedAt >= retryMs) await readOnce();
    if (!areUsable()) throw failure ?? new Error(`The key set ${source.href} can't be read.`);
  }

  return {
    freshen() {
      const age = now() - readAt;
      if (age < lookAfterMs) return undefined;
      if (!areUsable() || (failure === undefined && (isFile || age >= 2 * maxAgeMs))) return needed();
      // What is a little old, or can't be read again, still holds; nobody waits for the new ones.
      if (now() - triedAt >= (failure === undefined ? 0 : Math.max(retryMs, Math.min(cooldownMs, lookAfterMs)))) {
        void readOnce();
      }
      return undefined;
    },
    async lookAgain() {
      const before = version;
      if (reading !== undefined || now() - triedAt >= (isFile ? 0 : cooldownMs)) await readOnce();
      return version !== before;
    },
    find(header, token) {
      if (find === undefined) throw new Error('The keys were not read.');
      return find(header, token);
    },
    get version() {
      return version;
    },
  };
}

function addressOf(jwks: string | URL): URL {
  if (jwks instanceof URL) return jwks;
  return /^(https?|file):/.test(jwks) ? new URL(jwks) : pathToFileURL(jwks);
}

/** Reads, and says what was read; says nothing when it is certain to be the same as before. */
type Reader = (use: (text: string) => void) => Promise<void>;

/** The file's time, size and place tell whether it is another one. */
function fileReader(file: URL): Reader {
  let known: string | undefined;
  return async function readFileIfChanged(use) {
    const { mtimeMs, size, ino } = await stat(file);
    const mark = `${mtimeMs}:${size}:${ino}`;
    if (mark === known) return;
    use(await readFile(file, 'utf8'));
    known = mark;
  };
}

function fetchReader(address: URL, timeoutMs: number): Reader {
  return async function fetchKeys(use) {
    const response = await fetch(address, {
      headers: { accept: 'application/json, application/jwk-set+json' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status !== 200) throw new Error(`The answer's status is ${response.status}.`);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      // Leaving the loop cancels the rest.
      if (size > maxBytes) throw new Error(`The answer is larger than ${maxBytes} bytes.`);
      chunks.push(chunk);
    }
    use(Buffer.concat(chunks).toString('utf8'));
  };
}
