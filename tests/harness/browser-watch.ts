/** What goes wrong in a person's browser and no test looks at: errors, and requests that leave the machine. */
import type { BrowserContext, Page } from 'playwright-core';

export interface BrowserWatch {
  /** From now on, errors that match are part of the story. */
  tolerate(pattern: RegExp): void;
  /** All that went wrong so far, except what is tolerated. */
  troubles(): string[];
  /** All that the consoles said. */
  readonly lines: readonly string[];
}

const LOCAL = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** @param context one that has no page yet */
export function watchContext(context: BrowserContext): BrowserWatch {
  const lines: string[] = [];
  const troubles: string[] = [];
  const tolerated: RegExp[] = [];

  function trouble(text: string): void {
    lines.push(`!! ${text}`);
    if (!tolerated.some((pattern) => pattern.test(text))) troubles.push(text);
  }
  function seen(url: string, page: Page | undefined): void {
    const { protocol, hostname } = new URL(url);
    if (['data:', 'blob:', 'about:'].includes(protocol) || LOCAL.has(hostname)) return;
    trouble(`a request that leaves the machine: ${url}${page === undefined ? '' : ` (of ${page.url()})`}`);
  }

  // Violations of a page's Content-Security-Policy are errors on its console.
  context.on('console', (message) => {
    const { url, line } = message.location();
    const text = `${message.type()}: ${message.text()} (${url}:${line})`;
    lines.push(text);
    if (message.type() === 'error') trouble(text);
  });
  context.on('weberror', (error) => trouble(`uncaught: ${error.error().stack ?? error.error().message}`));
  context.on('request', (request) => seen(request.url(), undefined));
  context.on('page', (page) => {
    page.on('websocket', (socket) => seen(socket.url(), page));
    page.on('crash', () => trouble(`${page.url()} crashed`));
  });

  return {
    tolerate: (pattern) => void tolerated.push(pattern),
    troubles: () => [...troubles],
    lines,
  };
}
