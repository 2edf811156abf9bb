import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Logger } from '@cafe-for-me/lib/log';
import { stripIgnoredCharacters, type GraphQLError } from 'graphql';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { badRequest } from '../errors.ts';
import { StartRefused } from '../refusal.ts';

/** How clients may send a hash or an id in place of an operation's text, and which operations are let through. */
export const persistedOperationsSettings = z
  .strictObject({
    automatic: z
      .boolean()
      .default(true)
      .describe(
        "Whether a client may send a text with its hash once and the hash alone from then on (Apollo's APQ). An unknown hash is answered PERSISTED_QUERY_NOT_FOUND.",
      ),
    manifest: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A JSON file that lists operations, in the format of `generate-persisted-query-manifest`. Clients may send the ids of these in place of the texts.',
      ),
    mode: z
      .enum(['off', 'log', 'safelist', 'ids'])
      .default('off')
      .describe(
        'What happens to operations that the manifest does not list. off: nothing; log: they are logged; safelist: they are refused with QUERY_NOT_IN_SAFELIST; ids: texts are refused as well, listed ones too, with PERSISTED_QUERY_ID_REQUIRED.',
      ),
  })
  .superRefine(function needsManifest({ manifest, mode }, context) {
    if (manifest !== undefined || mode === 'off') return;
    context.addIssue({ code: 'custom', path: ['mode'], message: `${mode} needs persistedOperations.manifest` });
  });

export type PersistedOperationsSettings = z.output<typeof persistedOperationsSettings>;

/** Apollo Server's port for the texts behind hashes. */
export interface TextStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, text: string): Promise<void>;
  delete(key: string): Promise<boolean | void>;
}

export interface PersistedOperations {
  /** Whether clients may send texts; else they must send ids. */
  readonly texts: boolean;
  /** The text of a listed operation. */
  listed(id: string): string | undefined;
  /** Says why a text that a client sent is refused. */
  refusal(text: string): GraphQLError | undefined;
  /** A store of the listed texts and, beside them, of those that clients register; undefined when there can be none. */
  createStore(): TextStore | undefined;
}

const manifestSchema = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id: z.string().min(1), body: z.string().min(1) })),
});

/** Texts that clients have registered under their hashes. They outlive a reload: clients go on sending the hashes. */
export type RegisteredTexts = LRUCache<string, string>;

export function createRegisteredTexts(): RegisteredTexts {
  return new LRUCache({
    max: 10_000,
    maxSize: 20_000_000,
    sizeCalculation: (text, key) => text.length + key.length,
  });
}

/**
 * @throws StartRefused when the manifest can't be read
 */
export async function loadPersistedOperations(
  settings: PersistedOperationsSettings,
  log: Logger,
  registered: RegisteredTexts = createRegisteredTexts(),
): Promise<PersistedOperations> {
  const { automatic, manifest, mode } = settings;
  const byId = manifest === undefined ? new Map<string, string>() : await readManifest(manifest);
  const bodies = new Set(mode === 'off' ? [] : [...byId.values()].map(normalized));
  const isLetThrough = (text: string) => mode === 'off' || mode === 'log' || bodies.has(normalized(text));

  /** It may have been registered under a list of before. */
  function registeredText(key: string): string | undefined {
    const text = registered.get(key);
    return text !== undefined && isLetThrough(text) ? text : undefined;
  }

  return {
    texts: mode !== 'ids',
    listed: (id) => byId.get(id),
    refusal(text) {
      if (mode === 'log' && !bodies.has(normalized(text))) {
        log.warn({ operation: text.slice(0, 1_000) }, 'an operation is not in the list of persisted operations');
      }
      if (isLetThrough(text)) return undefined;
      return badRequest('This operation is not among those that this graph lets through.', 'QUERY_NOT_IN_SAFELIST');
    },
    createStore() {
      if (!automatic && manifest === undefined) return undefined;
      return {
        get: (key) => Promise.resolve(byId.get(idIn(key)) ?? registeredText(key)),
        set(key, text) {
          if (automatic) registered.set(key, text);
          return Promise.resolve();
        },
        delete: (key) => Promise.resolve(registered.delete(key)),
      };
    },
  };
}

/** @throws StartRefused when there is a manifest and it can't be read, or is none */
export async function checkManifest({ manifest }: PersistedOperationsSettings): Promise<void> {
  if (manifest !== undefined) await readManifest(manifest);
}

/** A client that has to send ids sent a text. */
export function idRequired(): GraphQLError {
  return badRequest('This graph wants the id of a persisted operation, not its text.', 'PERSISTED_QUERY_ID_REQUIRED');
}

async function readManifest(file: string): Promise<ReadonlyMap<string, string>> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new StartRefused(
      `The manifest of persisted operations ${file} ${missing ? 'does not exist' : 'is not JSON'}.`,
    );
  }
  const result = manifestSchema.safeParse(content);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new StartRefused(
      `${file} is not a manifest of persisted operations: ${issue?.path.join('.')}: ${issue?.message}.`,
    );
  }
  const byId = new Map<string, string>();
  for (const { id, body } of result.data.operations) {
    // What is parsed and planned is remembered by the hash of the text: an id that looks like another text's hash would mix them up.
    if (/^[0-9a-f]{64}$/.test(id) && id !== createHash('sha256').update(body).digest('hex')) {
      throw new StartRefused(`${file}: the id ${id} looks like a hash, but is not that of its body.`);
    }
    if (byId.has(id) && byId.get(id) !== body)
      throw new StartRefused(`${file} lists two operations under the id ${id}.`);
    byId.set(id, body);
  }
  return byId;
}

/** Apollo Server marks its keys, as it may share a store with others. */
function idIn(key: string): string {
  return key.startsWith('apq:') ? key.slice('apq:'.length) : key;
}

/** Without what means nothing, so that a client's layout of a listed text doesn't matter. */
function normalized(text: string): string {
  try {
    return stripIgnoredCharacters(text);
  } catch {
    return text;
  }
}
