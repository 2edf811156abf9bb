import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import sirv from 'sirv';
import { StartRefused } from '../refusal.ts';

/** Pages that were built elsewhere. */
export interface Pages {
  /** Answers GET and HEAD for a file, and with the page where a browser wants one. @returns false when neither is so */
  handle(path: string, request: IncomingMessage, response: ServerResponse): boolean;
}

/** What the router itself answers below these is never a page. */
const ownPaths = /^\/(?:graphql|health|playground|metrics|demo)(?:\/|$)/;

/** Bundlers put what they name by its content there, such as `/assets/main-4KJ2WX7Q.js`. */
const namedByContent = /^\/assets\/(?:.*\/)?[^/]*[-.](?=[A-Za-z_]*[\dA-Z])[\w-]{8,}\.[a-z\d]+$/;

/** Everything comes from this origin, and nobody may put it into a frame. */
const headers: readonly (readonly [name: string, value: string])[] = [
  [
    'content-security-policy',
    [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "font-src 'self'",
      "img-src 'self' data:",
      "connect-src 'self'",
      "manifest-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  ],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['permissions-policy', 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), serial=(), usb=()'],
];

/**
 * @param directory with an `index.html`; files `X.br` and `X.gz` are sent in place of X to whom they suit. It may be built anew
 * while it is served
 * @throws StartRefused when it is not there
 */
export function openPages(directory: string): Pages {
  checkPages(directory);
  // "dev": looks at the disk every time. With a list made at the start, a page of another length than then would be cut off.
  const options = { dev: true, etag: true, brotli: true, gzip: true, setHeaders };
  const files = sirv(directory, options);
  const pages = sirv(directory, { ...options, single: true, ignores: false });

  return {
    handle(path, request, response) {
      const { method, headers: asked } = request;
      if ((method !== 'GET' && method !== 'HEAD') || ownPaths.test(path) || /\/(?:\.|%2e)/i.test(path)) return false;
      const wantsPage = asked.accept?.includes('text/html') === true;
      // An index.html keeps its length from build to build, and may keep its date: too weak a tag for what names all else.
      if (wantsPage) delete asked['if-none-match'];
      // Pages are small; parts of them are not offered.
      delete asked.range;
      // A file that goes away while it is read must not end the process, nor a client that goes away leave it open.
      response.once('pipe', function watch(file) {
        file.once('error', () => response.destroy());
        response.once('close', () => (file as NodeJS.ReadableStream & { destroy(): void }).destroy());
      });
      try {
        let answered = true;
        (wantsPage ? pages : files)(request, response, () => void (answered = false));
        return answered;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
        throw error;
      }
    },
  };
}

/** @throws StartRefused */
export function checkPages(directory: string | undefined): void {
  if (directory === undefined || existsSync(join(directory, 'index.html'))) return;
  throw new StartRefused(
    existsSync(directory)
      ? `The pages' directory ${directory} has no index.html; have they been built?`
      : `The pages' directory ${directory} does not exist.`,
  );
}

function setHeaders(response: ServerResponse, path: string): void {
  for (const [name, value] of headers) response.setHeader(name, value);
  response.setHeader('cache-control', namedByContent.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
}
