/** Accessibility of what is on the screen now, by axe-core. */
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import type { AxeResults, Result } from 'axe-core';
import type { Page } from 'playwright-core';

const { resolve } = createRequire(import.meta.url);
let source: Promise<string> | undefined;

/** WCAG 2.2 A and AA, and what axe holds to be good practice beyond them (landmarks, headings). */
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Two frames later, so that what has just changed has begun to move, and all that moves has come to its end. */
const STILL = `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
  .then(() => Promise.allSettled(document.getAnimations().map(({ finished }) => finished))).then(() => undefined)`;

export interface AxeOptions {
  /** CSS selectors of what is not ours to mend, such as a bundled editor. @default none */
  readonly exclude?: readonly string[];
  /** Rules that do not apply, by axe's names. @default none */
  readonly without?: readonly string[];
}

/**
 * Asserts that axe finds nothing on the page in its present state.
 *
 * @throws with rule, elements and what to do about them
 */
export async function axe(page: Page, { exclude = [], without = [] }: AxeOptions = {}): Promise<void> {
  source ??= readFile(resolve('axe-core/axe.min.js'), 'utf8');
  // Over the debugger's protocol, which a page's Content-Security-Policy does not bind.
  const session = await page.context().newCDPSession(page);
  try {
    await evaluate(session, `${await source}; undefined`);
    // Colors in between two states are nobody's.
    await evaluate(session, STILL);
    const where = JSON.stringify({ include: ['html'], exclude: exclude.map((selector) => [selector]) });
    const how = JSON.stringify({
      runOnly: { type: 'tag', values: tags },
      rules: Object.fromEntries(without.map((rule) => [rule, { enabled: false }])),
      resultTypes: ['violations'],
    });
    const results = JSON.parse(
      await evaluate(session, `axe.run(${where}, ${how}).then((results) => JSON.stringify(results))`),
    ) as AxeResults;
    if (results.violations.length > 0) {
      throw new Error(`axe at ${page.url()}:\n${results.violations.map(described).join('\n')}`);
    }
  } finally {
    await session.detach();
  }
}

/** The same in both themes: the page follows what the system prefers. */
export async function axeInBothThemes(page: Page, options?: AxeOptions): Promise<void> {
  await axe(page, options);
  await page.emulateMedia({ colorScheme: 'dark' });
  await axe(page, options);
  await page.emulateMedia({ colorScheme: 'light' });
}

async function evaluate(
  session: Awaited<ReturnType<ReturnType<Page['context']>['newCDPSession']>>,
  expression: string,
) {
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', { expression, awaitPromise: true });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return String(result.value);
}

function described({ id, impact, help, nodes }: Result): string {
  const elements = nodes.map(
    ({ target, html, failureSummary = '' }) =>
      `    ${target.join(' ')}\n      ${html.slice(0, 300)}\n${failureSummary.replaceAll(/^/gm, '      ')}`,
  );
  return `  ${id} (${impact ?? 'no impact told'}): ${help}\n${elements.join('\n')}`;
}
