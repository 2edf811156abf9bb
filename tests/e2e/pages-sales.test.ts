import { randomUUID } from 'node:crypto';
import type { OrderLine } from '@cafe-for-me/schema/events';
import type { Locator, Page } from 'playwright-core';
import { axeInBothThemes } from '../harness/browser-axe.ts';
import { openBrowser, screenshot, type Browser } from '../harness/browser.ts';
import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';
import { envelope, publish } from '../harness/hand-made-events.ts';

const DAY = 86_400_000;
/** A story takes seconds; several at once on a small machine take their time. ms */
const STORY = 90_000;
const clock = { timeZone: 'Asia/Seoul', dayCutoffHour: 4 };
const lattes = (qty: number): OrderLine[] => [{ product: 'CafeLatte', qty, unitPrice: 3500 }];

describe('the sales page', () => {
  let cafe: Cafe;
  let browser: Browser;
  beforeAll(async () => {
    cafe = await openCafe();
    browser = await openBrowser(cafe.system.urls.router);
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await cafe?.close();
  });
  afterEach(() => cafe.turn('headquarters', { mode: 'ok' }));

  /** An order that the café accepted so many days ago, and canceled today where `undone`. */
  async function sell(
    cafeId: string,
    lines: readonly OrderLine[],
    { daysAgo = 0, undone = false } = {},
  ): Promise<void> {
    const aggregateId = randomUUID();
    const at = new Date(Date.now() - daysAgo * DAY).toISOString();
    const total = lines.reduce((sum, { qty, unitPrice }) => sum + qty * unitPrice, 0);
    const of = { aggregateId, cafeId, occurredAt: at };
    const data = { customerId: 'alice', lines, total };
    const canceled = envelope({
      ...of,
      type: 'OrderCanceledByCafe',
      aggregateVersion: 3,
      occurredAt: new Date().toISOString(),
      data: { ...data, ...clock, status: 'CANCELED_BY_CAFE', reason: 'The milk was sour', by: 'barista' },
    });
    await publish(cafe.system.urls.nats, [
      envelope({
        ...of,
        type: 'DeliveryCreated',
        aggregateVersion: 1,
        data: { ...data, status: 'ORDER_GET', acceptBy: at },
      }),
      envelope({
        ...of,
        type: 'OrderReceived',
        aggregateVersion: 2,
        data: { ...data, ...clock, status: 'RECEIVED', queueNumber: 1, readyBy: at, by: 'barista' },
      }),
      ...(undone ? [canceled] : []),
    ]);
  }

  const part = (page: Page, name: RegExp): Locator => page.getByRole('region', { name });
  const today = (page: Page): Locator => part(page, /^Today/);
  const live = (page: Page): Locator => page.getByText('Live', { exact: true });

  it(
    'is empty where nothing was sold, and shows each sale as it happens, for the café that was chosen',
    async () => {
      await browser.story(async (openPage) => {
        const { page } = await openPage('/sales', { persona: 'Accountant', viewport: 'desktop' });
        await live(page).waitFor();
        await today(page).getByText('Nothing sold yet today').waitFor();
        await part(page, /^Products/)
          .getByText('No product was sold in this time.')
          .waitFor();
        await part(page, /^Corrections/)
          .getByText('Nothing was taken back in this time.')
          .waitFor();
        await part(page, /^Headquarters/)
          .getByText('Nothing was sent yet.')
          .waitFor();
        await axeInBothThemes(page);

        await sell('92', [...lattes(2), { product: 'IceAmericano', qty: 1, unitPrice: 2000 }]);
        await today(page).getByText('₩9,000').first().waitFor();
        await part(page, /^Products/)
          .getByText('Cafe Latte')
          .waitFor();
        await part(page, /^Headquarters/)
          .getByText('Received', { exact: true })
          .waitFor();
        await sell('92', lattes(1));
        await today(page).getByText('₩12,500').first().waitFor();
        await part(page, /^Headquarters/)
          .getByText('Revision 2')
          .waitFor();
        await axeInBothThemes(page);

        await page.getByRole('button', { name: 'Café For Me Hongdae' }).click();
        await page.waitForURL('**/sales/93');
        await today(page).getByText('Nothing sold yet today').waitFor();
        await page.reload();
        await today(page).getByText('Nothing sold yet today').waitFor();

        const elsewhere = await openPage('/sales/77', { persona: 'Accountant' });
        await elsewhere.page.getByRole('alert').getByText('Café 77 is not one of yours').waitFor();
        await axeInBothThemes(elsewhere.page);
      });
    },
    STORY,
  );

  it(
    'tells a day of corrections below zero, and gives each day by keyboard and as a table',
    async () => {
      await sell('94', lattes(2), { daysAgo: 3 });
      await sell('94', lattes(4), { daysAgo: 2, undone: true });
      await browser.story(async (openPage) => {
        const { page } = await openPage('/sales/94', { persona: 'Accountant', viewport: 'tablet', theme: 'dark' });
        await today(page).getByText('-₩14,000').first().waitFor();
        const corrections = part(page, /^Corrections/);
        await corrections.getByText('The milk was sour').waitFor();
        await corrections.getByText(/^Sold on /).waitFor();
        await axeInBothThemes(page);

        const chart = page.getByRole('slider', { name: 'Pick a day' });
        await chart.focus();
        const told = async (): Promise<string> => (await chart.getAttribute('aria-valuetext')) ?? '';
        expect(await told()).toBe('Last 30 days');
        await page.keyboard.press('ArrowLeft');
        expect(await told()).toMatch(/: sales -₩14,000, orders -1$/);
        for (let day = 0; day < 3; day += 1) await page.keyboard.press('ArrowLeft');
        expect(await told()).toMatch(/: sales ₩7,000, orders 1$/);
        await part(page, /^Products/)
          .getByText('₩7,000')
          .waitFor();
        await corrections.getByText('Nothing was taken back in this time.').waitFor();
        await page.keyboard.press('Escape');
        expect(await told()).toBe('Last 30 days');

        await page.getByRole('button', { name: 'Table' }).click();
        const days = page.getByRole('table').first();
        expect(await days.getByRole('row').count()).toBe(31);
        await days.getByRole('row').nth(1).getByText('-₩14,000').waitFor();
        await page.getByRole('button', { name: 'Months' }).click();
        await eventually(
          () => days.getByRole('row').count(),
          (rows) => rows === 13,
        );
        await axeInBothThemes(page);
      });
    },
    STORY,
  );

  it(
    'sends what headquarters refused again, and says why where it can not',
    async () => {
      await cafe.turn('headquarters', { mode: 'reject' });
      await sell('93', lattes(1));
      await browser.story(async (openPage) => {
        const { page } = await openPage('/sales/93', { persona: 'Accountant', viewport: 'desktop' });
        const headquarters = part(page, /^Headquarters/);
        await headquarters.getByText('Refused', { exact: true }).nth(1).waitFor();
        await axeInBothThemes(page);
        await cafe.turn('headquarters', { mode: 'ok' });
        const again = headquarters.getByRole('button', { name: /^Send again/ });
        await again.click();
        await page.getByText('is on its way to headquarters again').waitFor();
        await headquarters.getByText('Received', { exact: true }).waitFor();

        // This page is not told of the next revision.
        let kept: string | undefined;
        await page.route('**/graphql', async function holdBack(route) {
          const asked = route.request().postData() ?? '';
          if (!asked.includes('SalesNewestTransfers')) return route.continue();
          const answer = await route.fetch();
          kept ??= await answer.text();
          return route.fulfill({ response: answer, body: kept });
        });
        await sell('93', lattes(1));
        await today(page).getByText('₩7,000').first().waitFor();
        await again.click();
        await page.getByText('Not sent again. A newer revision of this day took its place.').waitFor();
        await axeInBothThemes(page);
      });
    },
    STORY,
  );

  it(
    'shows what is known and since when while accounting is away, and is complete when it is back',
    async () => {
      await browser.story(async (openPage) => {
        const { page } = await openPage('/sales/92', { persona: 'Accountant', viewport: 'phone' });
        await today(page).getByText('₩12,500').first().waitFor();
        await part(page, /^Products/)
          .getByText('Cafe Latte')
          .waitFor();
        await cafe.system.process('accounting').kill();
        await page.getByText(/^Accounting does not answer · figures of \d+:\d\d:\d\d/).waitFor();
        await today(page).getByText('₩12,500').first().waitFor();
        await part(page, /^Products/)
          .getByText('Cafe Latte')
          .waitFor();
        await axeInBothThemes(page);
        const later = await openPage('/sales/92', { persona: 'Accountant', viewport: 'phone' });
        await later.page.getByText('Accounting does not answer', { exact: true }).waitFor();
        await axeInBothThemes(later.page);

        await sell('92', lattes(1));
        await cafe.system.process('accounting').start();
        for (const each of [page, later.page]) {
          await today(each).getByText('₩16,000').first().waitFor();
          await live(each).waitFor();
        }
      });
    },
    STORY,
  );

  it(
    'says since when its figures are as they are while the connection is lost',
    async () => {
      await browser.story(async (openPage) => {
        const { page, tolerate } = await openPage('/sales/92', { persona: 'Accountant', viewport: 'tablet' });
        await live(page).waitFor();
        await today(page).getByText('₩16,000').first().waitFor();
        tolerate(/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket connection/);
        await cafe.system.process('router').kill();
        await page.getByText(/^Connection lost · figures of \d+:\d\d:\d\d/).waitFor();
        await today(page).getByText('₩16,000').first().waitFor();
        await axeInBothThemes(page);
        await sell('92', lattes(2));
        await cafe.system.process('router').start();
        await live(page).waitFor();
        await today(page).getByText('₩23,000').first().waitFor();
      });
    },
    STORY,
  );

  it(
    'speaks Korean, with amounts and times as the café has them',
    async () => {
      await browser.story(async (openPage) => {
        const { page } = await openPage('/sales/92', {
          persona: '회계 담당',
          language: 'ko',
          viewport: 'desktop',
          timezone: 'America/New_York',
        });
        await page.getByRole('heading', { name: '매출 현황' }).waitFor();
        await page.getByText('실시간', { exact: true }).waitFor();
        await part(page, /^오늘/).getByText('₩23,000').first().waitFor();
        await part(page, /^상품별 매출/)
          .getByText('카페라떼')
          .waitFor();
        const at = new Date(Date.now()).toLocaleDateString('ko-KR', { timeZone: 'Asia/Seoul', month: 'long' });
        await part(page, /^본사 전송/)
          .getByText(new RegExp(`^${at} \\d+일 (오전|오후) \\d+:\\d\\d$`))
          .first()
          .waitFor();
        await axeInBothThemes(page);
        await screenshot(page, 'sales-korean');
      });
    },
    STORY,
  );
});
