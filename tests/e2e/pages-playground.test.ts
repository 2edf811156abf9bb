import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '@cafe-for-me/deploy/paths';
import { buildSchema, parse, validate } from 'graphql';
import type { Page } from 'playwright-core';
import { axe } from '../harness/browser-axe.ts';
import { openBrowser, SCREENS, screenshot, type Browser } from '../harness/browser.ts';
import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';

interface Example {
  readonly title: string;
  readonly persona: string;
  readonly query: string;
}

interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string }[];
}

let cafe: Cafe;
let browser: Browser;
let examples: readonly Example[];

beforeAll(async () => {
  examples = JSON.parse(await readFile(join(root, 'deploy', 'playground-examples.json'), 'utf8')) as Example[];
  cafe = await openCafe();
  browser = await openBrowser(new URL(cafe.system.urls.graph).origin);
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await cafe?.close();
});

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

async function open(page: Page, title: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^${escaped(title)}`) }).click();
}

/** Who the present tab is. */
const personaOf = (page: Page) =>
  page.evaluate<string>(`document.querySelector('.persona select').selectedOptions[0].label`);

const run = (page: Page) => page.getByRole('button', { name: 'Execute query' }).click();

/** What the answer's pane says; undefined where that is nothing yet. */
async function answerOf(page: Page): Promise<Answer | undefined> {
  const text = await page.evaluate<string>(
    `document.querySelector('[aria-label="Result Window"] .CodeMirror').CodeMirror.getValue()`,
  );
  return text === '' ? undefined : (JSON.parse(text) as Answer);
}

/** The token in the present tab's headers. */
const headersOf = (page: Page) =>
  page.evaluate<string>(`document.querySelectorAll('.graphiql-editor-tool .CodeMirror')[1].CodeMirror.getValue()`);

/** The answer once it is there, to be looked at as often as the other services take to hear of things. */
async function answered(page: Page, isWanted: (answer: Answer) => boolean = () => true): Promise<Answer> {
  const answer = await eventually(
    () => answerOf(page),
    (one) => one !== undefined && isWanted(one),
  );
  return answer!;
}

/** Presses run until the answer is the one that is wanted: what one service did another may not have heard of yet. */
async function runUntil(page: Page, isWanted: (answer: Answer) => boolean): Promise<Answer> {
  return eventually(async () => {
    await run(page);
    return answered(page);
  }, isWanted);
}

const saying = (...texts: string[]) => {
  return ({ data, errors }: Answer) =>
    errors === undefined && texts.every((text) => JSON.stringify(data).includes(text));
};

/** What tells that an example went well. */
const outcomes: Readonly<Record<string, (answer: Answer) => boolean>> = {
  'Cafés and their menus': saying('"Café For Me Gangnam"', '"waitMinutes"', '"IceAmericano"'),
  'Order an iced americano': saying('"status":"PLACED"', '"userErrors":[]'),
  'Watch my orders, live': saying('"message":"paid"'),
  'What waits at the counter': saying('"ORDER_GET"', '"ACCEPT"', '"total":2000'),
  'Accept the order': saying('"status":"RECEIVED"', '"queueNumber":1', '"userErrors":[]'),
  'Watch the counter, live': saying('"status":"RECEIVED"', '"queueNumber":1'),
  'It is ready': saying('"status":"READY"', '"userErrors":[]'),
  'My order, from all services': saying('"status":"CHARGED"', '"amount":2000', '"text":"ready, code'),
  'Hand it over': saying('"status":"PICKED_UP"', '"userErrors":[]'),
  "The day's sales, live": saying('"salesSum":2000', '"orderCount":1'),
  'Sales by day, and by product': saying('"salesSum":2000', '"product":"IceAmericano"'),
  'Transfers to headquarters': saying('"status":"ACKNOWLEDGED"'),
  "Somebody else's order": ({ data }) => data?.['order'] === null,
};

describe('the playground', () => {
  it('offers examples that the graph understands, each of them', async () => {
    const sdl = await readFile(join(root, 'schema', 'supergraph.graphql'), 'utf8');
    const schema = buildSchema(sdl, { assumeValidSDL: true });
    for (const { title, query } of examples) {
      expect([title, validate(schema, parse(query)).map(({ message }) => message)]).toEqual([title, []]);
    }
    expect(examples.map(({ title }) => title)).toEqual(Object.keys(outcomes));
  });

  it(
    'tells a story that works for whoever runs its examples one after the other',
    () =>
      browser.story(async (openPage) => {
        const { page } = await openPage('/graphql', { viewport: 'desktop' });
        for (const { title, persona, query } of examples) {
          await open(page, title);
          await eventually(
            () => personaOf(page),
            (label) => label === persona,
          );
          if (query.startsWith('subscription')) {
            await run(page);
            await answered(page, outcomes[title]);
          } else await runUntil(page, outcomes[title]!);
          if (title.startsWith('My order')) await screenshot(page, 'playground-light');
        }
        await expect(page.locator('.graphiql-tab').count()).resolves.toBe(examples.length);
      }),
    120_000,
  );

  it('says which example to run first where one needs what another answers', () =>
    browser.story(async (openPage) => {
      const { page } = await openPage('/graphql', { viewport: 'desktop' });
      await open(page, 'Accept the order');
      await run(page);
      const { errors } = await answered(page);
      expect(errors?.[0]?.message).toContain('Run “Order an iced americano” first.');
    }));

  it('lets one be somebody else, and says who the present tab is', () =>
    browser.story(async (openPage) => {
      const { page } = await openPage('/graphql', { viewport: 'desktop' });
      await open(page, 'Order an iced americano');
      await runUntil(page, outcomes['Order an iced americano']!);
      await open(page, 'My order, from all services');
      await runUntil(page, saying('"total":2000'));
      const who = page.getByRole('combobox', { name: 'Runs as' });
      const asAlice = await headersOf(page);
      await who.selectOption('Customer Bob');
      expect(await headersOf(page)).not.toBe(asAlice);
      await runUntil(page, ({ data }) => data?.['order'] === null);
      await who.selectOption('nobody');
      expect(await headersOf(page)).toBe('');
      await who.selectOption('Customer Alice');
      expect(await headersOf(page)).toBe(asAlice);
      await runUntil(page, saying('"total":2000'));
    }));

  it('shows the plan beside the answer, or does not even ask for it', () =>
    browser.story(async (openPage) => {
      const { page } = await openPage('/graphql', { viewport: 'desktop', theme: 'dark' });
      const plan = page.getByRole('region', { name: 'Query plan' });
      const asked = () => page.waitForRequest((request) => request.method() === 'POST');
      await open(page, 'Order an iced americano');
      await runUntil(page, outcomes['Order an iced americano']!);
      await open(page, 'My order, from all services');
      await runUntil(page, saying('"total":2000'));
      for (const subgraph of ['customer', 'delivery', 'accounting']) {
        await plan.getByText(subgraph, { exact: true }).first().waitFor();
      }
      await plan.getByText('At the same time').waitFor();
      await plan
        .getByText(/1 entity · \d+ B sent/)
        .first()
        .waitFor();
      await plan.getByText('Operation').first().click();
      expect(JSON.stringify(await answerOf(page))).not.toContain('explain');
      await screenshot(page, 'playground-dark');
      const first = asked();
      await run(page);
      expect((await first).postData()).toContain('"explain":true');
      await page.getByRole('button', { name: 'Hide the query plan' }).click();
      await plan.waitFor({ state: 'detached' });
      const second = asked();
      await run(page);
      expect((await second).postData()).not.toContain('explain');
      await page.reload();
      await page.getByRole('button', { name: 'Show the query plan' }).waitFor();
      // The tab is there again, and runs as who it ran before.
      await eventually(
        () => personaOf(page),
        (label) => label === 'Customer Alice',
      );
    }));

  it('shows a subscription come back exactly after its connection was dropped', () =>
    browser.story(async (openPage) => {
      const { page } = await openPage('/graphql', { viewport: 'desktop' });
      const customer = await cafe.customer('alice');
      const { id: before } = await customer.paidOrder();
      await open(page, 'Watch my orders, live');
      await run(page);
      await answered(page, saying(before));
      const live = page.getByRole('region', { name: 'Subscription' });
      const state = live.getByRole('status');
      await state.getByText('Connected').waitFor();
      await live.getByText(/token \d+ s old/).waitFor();
      await live.getByRole('button', { name: 'Drop the connection' }).click();
      await live.getByText(/lost once/).waitFor();
      const { id: after } = await customer.paidOrder();
      await answered(page, saying(after));
      await state.getByText('resumed exactly: nothing left out, nothing repeated').waitFor();
      await screenshot(page, 'playground-resumed');
      await page.getByRole('button', { name: 'Stop query' }).click();
      await state.getByText('Ended').waitFor();
    }));

  it.each(['light', 'dark'] as const)('can be used by everybody, where it is %s', (theme) =>
    browser.story(async (openPage) => {
      const { page } = await openPage('/graphql', { viewport: 'tablet', theme });
      await open(page, 'Cafés and their menus');
      await axe(page);
      await runUntil(page, outcomes['Cafés and their menus']!);
      await page.getByRole('region', { name: 'Query plan' }).getByText('delivery').first().waitFor();
      await axe(page);
      await screenshot(page, `playground-tablet-${theme}`);
      await open(page, 'The day');
      await run(page);
      await page.getByRole('region', { name: 'Subscription' }).getByText('Connected').waitFor();
      await axe(page);
      for (const name of ['Show Documentation Explorer', 'Show History']) {
        await page.getByRole('button', { name }).click();
        await axe(page);
      }
      for (const name of ['Open settings dialog', 'Open short keys dialog']) {
        await page.getByRole('button', { name }).click();
        await page.getByRole('dialog').waitFor();
        await axe(page);
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      }
    }),
  );

  it.each(['light', 'dark'] as const)('is one pane below the other on a phone, where it is %s', (theme) =>
    browser.story(async (openPage) => {
      const { page } = await openPage('/graphql', { viewport: 'phone', theme });
      const list = page.getByRole('heading', { name: 'Examples' });
      const fits = () => page.evaluate<boolean>('document.scrollingElement.scrollWidth <= innerWidth');
      await list.waitFor();
      // The editors come after the list, and are named once they are there.
      for (const name of ['Operation', 'Variables', 'Answer'])
        await page.getByLabel(name).first().waitFor({ state: 'attached' });
      await expect(page.evaluate('scrollY')).resolves.toBe(0);
      await axe(page);
      await open(page, 'Cafés and their menus');
      // What was chosen stands where the list was.
      await list.waitFor({ state: 'detached' });
      await expect(page.evaluate('scrollY')).resolves.toBe(0);
      await runUntil(page, outcomes['Cafés and their menus']!);
      const plan = page.getByRole('region', { name: 'Query plan' });
      await plan.getByText('delivery').first().waitFor();
      const panes = [
        page.getByRole('button', { name: 'Execute query' }),
        page.getByRole('button', { name: 'Headers', exact: true }),
        page.getByRole('region', { name: 'Result Window' }),
        plan,
        page.getByRole('combobox', { name: 'Runs as' }),
        page.getByRole('button', { name: 'Open settings dialog' }),
      ];
      for (const pane of panes) {
        await pane.scrollIntoViewIfNeeded();
        const { x, width, height } = (await pane.boundingBox())!;
        expect(x >= 0 && x + width <= SCREENS.phone.width && height >= 44).toBe(true);
      }
      await expect(fits()).resolves.toBe(true);
      await axe(page);
      await screenshot(page, `playground-phone-${theme}`);
      await page.getByRole('button', { name: 'Show Examples' }).click();
      await open(page, 'Watch the counter, live');
      await list.waitFor({ state: 'detached' });
      await run(page);
      await page.getByRole('region', { name: 'Subscription' }).getByText('Connected').waitFor();
      await axe(page);
      await expect(fits()).resolves.toBe(true);
      // Whoever comes back to something of their own sees it, and not the list.
      await page.reload();
      await page.getByRole('button', { name: 'Show Examples' }).waitFor();
      await expect(list.count()).resolves.toBe(0);
    }),
  );

  it('runs no script but its own, whatever comes into its page', () =>
    browser.story(async (openPage) => {
      const { page, tolerate } = await openPage('/graphql', { viewport: 'desktop' });
      await page.getByRole('heading', { name: 'Examples' }).waitFor();
      tolerate(/Content Security Policy/);
      const { headers } = await page.evaluate<{ headers: string }>(
        `fetch('/graphql', { headers: { accept: 'text/html' } }).then((answer) => ({ headers: answer.headers.get('content-security-policy') }))`,
      );
      expect(headers.match(/script-src ([^;]*)/)?.[1]).toBe("'self'");
      const ran = await page.evaluate<boolean>(`(() => {
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.head.append(script);
        const image = document.createElement('img');
        image.setAttribute('onerror', 'window.ran = true');
        document.body.append(image);
        image.dispatchEvent(new Event('error'));
        return window.ran === true;
      })()`);
      expect(ran).toBe(false);
    }));
});
