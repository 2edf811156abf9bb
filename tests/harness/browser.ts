/** A real Chromium for one test file, and the persons who look at pages in it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { localDir, root } from '@cafe-for-me/deploy/paths';
import { chromium, type Browser as Chromium, type BrowserContext, type Page } from 'playwright-core';
import { watchContext, type BrowserWatch } from './browser-watch.ts';

/** What people look at pages with, in CSS pixels. */
export const SCREENS = {
  phone: { width: 390, height: 844 },
  tablet: { width: 1024, height: 768 },
  desktop: { width: 1440, height: 900 },
} as const;

export type Viewport = keyof typeof SCREENS;
export type Theme = 'light' | 'dark';

export interface PersonOptions {
  /** The name of the demo's persona who signs in on the page, for example `Alice`. @default nobody */
  readonly persona?: string;
  /** The token of whoever is signed in from the start, instead of a persona. */
  readonly token?: string;
  /** The language that the browser asks for. @default 'en' */
  readonly language?: 'en' | 'ko';
  /** @default 'phone' */
  readonly viewport?: Viewport;
  /** What the person's system prefers. @default 'light' */
  readonly theme?: Theme;
  /** Where the person is. @default 'Asia/Seoul' */
  readonly timezone?: string;
}

/** One person with a browser of their own: nothing is shared with others, as in two phones. */
export interface Person {
  readonly page: Page;
  /** @throws when the page was loaded anew since it was opened */
  expectNoReload(): Promise<void>;
  /** Errors that match are part of the story, for example while the router is gone. */
  tolerate(pattern: RegExp): void;
}

export type OpenPage = (path: string, options?: PersonOptions) => Promise<Person>;

/** What a wait may take, in ms, before the story fails with what it waited for. */
const PATIENCE = 20_000;

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Nothing leaves the machine, whatever a page tries.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

/**
 * Starts Chromium.
 *
 * @param origin where the pages are, for example `http://127.0.0.1:4000`
 */
export async function openBrowser(origin: string) {
  const executablePath = process.env['TEST_CHROMIUM'] ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: FLAGS });

  return {
    /**
     * A test in which persons open pages. It fails on any error of a page, on a violation of its Content-Security-Policy and on a
     * request that leaves the machine, too. What the pages showed then lies in `.local/test`.
     */
    story: async (tell: (openPage: OpenPage) => Promise<void>): Promise<void> => tellStory(browser, origin, tell),
    close: () => browser.close(),
  };
}

export type Browser = Awaited<ReturnType<typeof openBrowser>>;

interface Cast {
  readonly context: BrowserContext;
  readonly watch: BrowserWatch;
  readonly page: Page;
}

async function tellStory(
  browser: Chromium,
  origin: string,
  tell: (openPage: OpenPage) => Promise<void>,
): Promise<void> {
  const cast: Cast[] = [];

  async function openPage(path: string, options: PersonOptions = {}): Promise<Person> {
    const context = await browser.newContext({
      baseURL: origin,
      locale: options.language === 'ko' ? 'ko-KR' : 'en-US',
      timezoneId: options.timezone ?? 'Asia/Seoul',
      viewport: SCREENS[options.viewport ?? 'phone'],
      hasTouch: (options.viewport ?? 'phone') !== 'desktop',
      isMobile: (options.viewport ?? 'phone') !== 'desktop',
      colorScheme: options.theme ?? 'light',
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(PATIENCE);
    const watch = watchContext(context);
    const page = await context.newPage();
    cast.push({ context, watch, page });
    if (options.token !== undefined) {
      await context.addInitScript(`sessionStorage.setItem('cafe.session', ${JSON.stringify(options.token)})`);
    }
    await page.goto(path);
    if (options.persona !== undefined) {
      await page.getByRole('listitem').getByRole('button', { name: options.persona }).click();
    }
    await page.evaluate('globalThis.sameDocument = true');
    return {
      page,
      async expectNoReload() {
        const same = await page.evaluate<unknown>('globalThis.sameDocument');
        if (same !== true) throw new Error(`${page.url()} was loaded anew`);
      },
      tolerate: watch.tolerate,
    };
  }

  try {
    await tell(openPage);
    const troubles = cast.flatMap(({ watch }) => watch.troubles());
    if (troubles.length > 0) throw new Error(`what the pages complained of:\n${troubles.join('\n')}`);
  } catch (error) {
    await keepEvidence(expect.getState().currentTestName ?? 'story', cast);
    throw error;
  } finally {
    // A request that a story holds may still be under way.
    await Promise.all(cast.map(({ page }) => page.unrouteAll({ behavior: 'ignoreErrors' })));
    await Promise.all(cast.map(({ context }) => context.close()));
  }
}

async function keepEvidence(name: string, cast: readonly Cast[]): Promise<void> {
  const folder = join(localDir, 'test');
  await mkdir(folder, { recursive: true });
  const file = join(folder, name.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 80));
  await Promise.all(
    cast.map(async ({ page, watch }, index) => {
      await writeFile(`${file}-${index + 1}.txt`, [page.url(), ...watch.lines, ''].join('\n'));
      await page.screenshot({ path: `${file}-${index + 1}.png`, timeout: 5_000 }).catch(() => undefined);
    }),
  );
}

/**
 * A picture of what is in sight, in `.local/test/screenshots`.
 *
 * @param inDocs the name that it has in `docs/screenshots`, where it goes when SCREENSHOTS says `docs`
 */
export async function screenshot(page: Page, name: string, inDocs?: string): Promise<Buffer> {
  const paths = [join(localDir, 'test', 'screenshots', `${name}.png`)];
  if (inDocs !== undefined && process.env['SCREENSHOTS'] === 'docs') {
    paths.push(join(root, 'docs', 'screenshots', `${inDocs}.png`));
  }
  const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  for (const path of paths) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, picture);
  }
  return picture;
}

/** Bytes of script, compressed as they came, that the page has loaded so far. */
export async function transferred(page: Page): Promise<number> {
  const script = `performance.getEntriesByType('resource').filter(({ name }) => new URL(name).pathname.endsWith('.js'))
    .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`;
  const session = await page.context().newCDPSession(page);
  const { result } = await session.send('Runtime.evaluate', { expression: script });
  await session.detach();
  return Number(result.value);
}
