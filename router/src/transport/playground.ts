import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { StartRefused } from '../refusal.ts';
import type { ToOwnName } from './own-name.ts';
import { fromSameOrigin } from './same-origin.ts';

/** Somebody whom a person may be in a demonstration. */
export type OfferedToken = z.output<typeof tokens>[number];

export interface Playground {
  /** Those of the file of tokens; undefined without one. */
  readonly tokens: readonly OfferedToken[] | undefined;
  /** Whether a browser wants to see a page, where other clients want an answer. */
  wanted(request: IncomingMessage): boolean;
  sendPage(request: IncomingMessage, response: ServerResponse): void;
  /** Answers `/playground/…`. @returns false when there is no such file */
  sendFile(path: string, request: IncomingMessage, response: ServerResponse): boolean;
}

/** The built page: beside this file in `dist`, and reached from `src` as well. */
const builtDirectory = fileURLToPath(new URL('../../dist/playground', import.meta.url));

const tokens = z.array(z.object({ label: z.string(), token: z.string() }));
const examples = z.array(
  z.object({
    title: z.string(),
    about: z.string().optional(),
    /** The label of the token that it is run with. */
    persona: z.string().optional(),
    query: z.string(),
    variables: z.record(z.string(), z.unknown()).optional(),
  }),
);

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
};

const notBuilt = Buffer.from('<!doctype html><title>Not built</title><p>The playground is not built.');

/** The best first. */
const encodings = [
  { name: 'br', suffix: '.br', accepted: /\bbr\b/ },
  { name: 'gzip', suffix: '.gz', accepted: /\bgzip\b/ },
];

/** Everything comes from this origin. Styles may be inline, because the editor measures text by them; scripts may not. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * The page that a browser gets at the endpoint: GraphiQL, bundled, nothing of it from elsewhere. All files are in memory.
 *
 * @throws StartRefused when a file that is named can't be used
 */
export async function loadPlayground(options: {
  tokensFile?: string | undefined;
  examplesFile?: string | undefined;
  directory?: string;
  /** Whether the router tells who asks how operations are executed. @default false */
  explain?: boolean;
  /** Whether the router serves pages at `/`. @default false */
  home?: boolean;
  /** To other names, and to other sites, no tokens are told. @default every name is its own */
  toOwnName?: ToOwnName;
}): Promise<Playground> {
  const files = await readAll(options.directory ?? builtDirectory);
  const offeredTokens = await readList(options.tokensFile, tokens, '[{"label": "…", "token": "…"}]');
  const offeredExamples = await readList(options.examplesFile, examples, '[{"title": "…", "query": "…"}]');
  const { explain = false, home = false, toOwnName = () => true } = options;
  const textWith = (told: typeof offeredTokens) =>
    Buffer.from(JSON.stringify({ tokens: told, examples: offeredExamples, explain, home }));
  const offered = textWith(offeredTokens);
  const offeredToOthers = textWith([]);
  const page = files.get('index.html') ?? notBuilt;

  /** What the build compressed goes out as it is. */
  function send(
    { headers }: IncomingMessage,
    response: ServerResponse,
    name: string,
    { body, type, caching }: { body: Buffer; type: string; caching: string },
  ): void {
    const encoding = encodings.find(({ accepted }) => accepted.test(headers['accept-encoding'] ?? ''));
    const compressed = encoding && files.get(`${name}${encoding.suffix}`);
    if (encoding !== undefined && compressed !== undefined) response.setHeader('content-encoding', encoding.name);
    const sent = compressed ?? body;
    response.writeHead(200, {
      'content-type': type,
      'content-length': sent.length,
      'cache-control': caching,
      vary: 'accept-encoding',
    });
    response.end(sent);
  }

  return {
    tokens: options.tokensFile === undefined ? undefined : offeredTokens,
    wanted(request) {
      const accept = request.headers.accept;
      return request.method === 'GET' && accept !== undefined && accept.includes('text/html');
    },
    sendPage(request, response) {
      response.setHeader('content-security-policy', contentSecurityPolicy);
      response.setHeader('x-content-type-options', 'nosniff');
      response.setHeader('referrer-policy', 'no-referrer');
      send(request, response, 'index.html', { body: page, type: 'text/html; charset=utf-8', caching: 'no-cache' });
    },
    sendFile(path, request, response) {
      const name = path.slice('/playground/'.length);
      if (name === 'offered.json') {
        const type = 'application/json; charset=utf-8';
        const body = toOwnName(request) && fromSameOrigin(request) ? offered : offeredToOthers;
        send(request, response, name, { body, type, caching: 'no-store' });
        return true;
      }
      const file = files.get(name);
      const type = types[extname(name)];
      if (file === undefined || type === undefined) return false;
      response.setHeader('x-content-type-options', 'nosniff');
      // The name holds a hash of the content.
      send(request, response, name, { body: file, type, caching: 'public, max-age=31536000, immutable' });
      return true;
    },
  };
}

async function readAll(directory: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const names = await readdir(directory).catch(() => []);
  for (const name of names) files.set(name, await readFile(join(directory, name)));
  return files;
}

async function readList<T>(file: string | undefined, schema: z.ZodType<T[]>, shape: string): Promise<T[]> {
  if (file === undefined) return [];
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new StartRefused(`${file} ${missing ? 'does not exist' : `does not hold JSON of the form ${shape}`}.`);
  }
}
