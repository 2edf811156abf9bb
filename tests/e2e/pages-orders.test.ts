import { randomUUID } from 'node:crypto';
import { signIdentity } from '@cafe-for-me/lib/router-identity';
import type { Page } from 'playwright-core';
import { axeInBothThemes } from '../harness/browser-axe.ts';
import {
  accept,
  cardOf,
  codeOn,
  handOver,
  headed,
  hold,
  newCard,
  order,
  queueNumberOn,
  shown,
  soldToday,
} from '../harness/browser-people.ts';
import { openBrowser, type Browser, type OpenPage } from '../harness/browser.ts';
import { openCafe, type Cafe } from '../harness/cafe.ts';
import { staffMutation } from '../harness/operations.ts';

const ROUTER_KEY = 'a key that the router and the subgraphs share, for this test';
const key = { ROUTER_KEY };

describe('customer, barista and sales, side by side', () => {
  let cafe: Cafe;
  let browser: Browser;
  beforeAll(async () => {
    cafe = await openCafe({ env: { router: key, customer: key, delivery: key, accounting: key } });
    browser = await openBrowser(cafe.system.urls.router);
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await cafe?.close();
  });

  /** Three people at a café's pages. */
  async function three(openPage: OpenPage, cafeId: string) {
    const customer = await openPage(`/order/${cafeId}`, { persona: 'Alice', viewport: 'phone' });
    const barista = await openPage('/barista', { persona: `Barista of café ${cafeId}`, viewport: 'tablet' });
    const sales = await openPage(`/sales/${cafeId}`, { persona: 'Accountant', viewport: 'desktop' });
    const all = [customer, barista, sales];
    await Promise.all([
      shown(barista.page, 'New orders'),
      shown(sales.page, /^Today, /),
      headed(customer.page, /^Café For Me /),
    ]);
    return {
      customer,
      barista,
      sales,
      checkAll: async () => {
        for (const { page } of all) await axeInBothThemes(page);
      },
      noReload: async () => {
        for (const one of all) await one.expectNoReload();
      },
    };
  }

  /** Ends what is under way, so that the next story has an empty board. */
  async function finish(barista: Page, customer: Page, number: number): Promise<void> {
    await cardOf(barista, number).getByRole('button', { name: 'Ready', exact: true }).click();
    await handOver(barista, number, await codeOn(customer));
    await headed(customer, 'Enjoy it!');
  }

  it('show the whole life of an order, live, and nobody reloads', () =>
    browser.story(async (openPage) => {
      const { customer, barista, sales, checkAll, noReload } = await three(openPage, '92');
      const orderId = await order(customer.page);
      await newCard(barista.page, orderId).waitFor();
      await checkAll();

      await accept(barista.page, orderId);
      const number = await queueNumberOn(customer.page);
      await cardOf(barista.page, number).waitFor();
      await shown(customer.page, 'It can not be canceled any more: the café is making it.');
      await soldToday(sales.page, '₩2,000', 1, 1);
      await checkAll();

      await cardOf(barista.page, number).getByRole('button', { name: 'Ready', exact: true }).click();
      const code = await codeOn(customer.page);
      await axeInBothThemes(customer.page);
      await cardOf(barista.page, number).getByRole('button', { name: 'Hand over' }).click();
      const dialog = barista.page.getByRole('dialog');
      await axeInBothThemes(barista.page);
      await dialog.getByRole('textbox', { name: 'Pickup code' }).fill(code === '222' ? '333' : '222');
      await dialog.getByRole('button', { name: 'Hand over' }).click();
      await shown(barista.page, 'This is not the code of this order.');
      await dialog.getByRole('textbox', { name: 'Pickup code' }).fill(code);
      await dialog.getByRole('button', { name: 'Hand over' }).click();
      await headed(customer.page, 'Enjoy it!');
      await shown(barista.page, 'Picked up');

      const texts = customer.page.getByRole('region', { name: 'Messages to your phone' }).getByRole('listitem');
      await texts.filter({ hasText: code }).waitFor();
      expect(await texts.count()).toBe(3);
      await shown(sales.page, 'Received');
      await checkAll();
      await noReload();

      await customer.page.getByRole('link', { name: 'My orders' }).first().click();
      await headed(customer.page, 'Earlier');
      await axeInBothThemes(customer.page);
    }));

  it('show an order that the café rejects, and the money that goes back', () =>
    browser.story(async (openPage) => {
      const { customer, barista, noReload } = await three(openPage, '92');
      const orderId = await order(customer.page);
      await newCard(barista.page, orderId).getByRole('button', { name: 'Reject' }).click();
      const dialog = barista.page.getByRole('dialog');
      await dialog.getByRole('radio', { name: 'Too busy' }).check();
      await axeInBothThemes(barista.page);
      await dialog.getByRole('button', { name: 'Reject and refund' }).click();
      await headed(customer.page, 'The café could not take your order');
      await shown(customer.page, 'The café says: it is too busy.');
      await shown(customer.page, '₩2,000 was paid back.');
      await shown(barista.page, 'Rejected, refunded');
      await axeInBothThemes(customer.page);
      await axeInBothThemes(barista.page);
      await noReload();
    }));

  it('show an order that the customer cancels while nobody has answered', () =>
    browser.story(async (openPage) => {
      const { customer, barista, noReload } = await three(openPage, '92');
      const orderId = await order(customer.page);
      await newCard(barista.page, orderId).waitFor();
      await customer.page.getByRole('button', { name: 'Cancel order' }).click();
      await axeInBothThemes(customer.page);
      await customer.page.getByRole('button', { name: 'Yes, cancel it' }).click();
      await headed(customer.page, 'Your order is canceled');
      await shown(customer.page, '₩2,000 was paid back.');
      await shown(barista.page, 'Canceled by the customer, refunded');
      await axeInBothThemes(customer.page);
      await axeInBothThemes(barista.page);
      await noReload();
    }));

  it('show an order that the café takes back after it was accepted, with its correction', () =>
    browser.story(async (openPage) => {
      const { customer, barista, sales, noReload } = await three(openPage, '94');
      await headed(customer.page, 'Café For Me Haeundae');
      const add = customer.page.getByRole('button', { name: /^Add / }).first();
      const orderId = await order(customer.page, (await add.getAttribute('aria-label'))?.replace('Add ', ''));
      await accept(barista.page, orderId);
      const number = await queueNumberOn(customer.page);
      await cardOf(barista.page, number).getByRole('button', { name: 'Cancel order' }).click();
      await barista.page.getByRole('button', { name: 'The machine is broken' }).click();
      await axeInBothThemes(barista.page);
      await barista.page.getByRole('button', { name: 'Cancel and refund' }).click();
      await headed(customer.page, 'The café canceled your order');
      await shown(customer.page, /^₩[\d,]+ was paid back\.$/);
      await soldToday(sales.page, '₩0', 0, 0);
      await sales.page.getByRole('cell', { name: /The machine is broken/ }).waitFor();
      await axeInBothThemes(customer.page);
      await axeInBothThemes(sales.page);
      await noReload();
    }));

  it('tell two baristas of one order who was first', () =>
    browser.story(async (openPage) => {
      const [clara, jun] = await Promise.all(
        ['Clara', 'Jun'].map(async (name) =>
          openPage('/barista/92', {
            token: await cafe.system.token({ role: 'staff', sub: name.toLowerCase(), name, cafes: ['92'] }),
            viewport: 'tablet',
          }),
        ),
      );
      const customer = await openPage('/order/92', { persona: 'Bob' });
      const orderId = await order(customer.page);
      await Promise.all([clara, jun].map(async (one) => newCard(one!.page, orderId).waitFor()));
      const letGo = await hold(jun!.page, 'BoardAccept');
      await accept(jun!.page, orderId);
      await accept(clara!.page, orderId);
      const number = await queueNumberOn(customer.page);
      await cardOf(jun!.page, number).waitFor();
      letGo();
      await shown(jun!.page, /^(Clara|clara) accepted it at \d/);
      await axeInBothThemes(jun!.page);
      await finish(jun!.page, customer.page, number);
      await shown(clara!.page, 'Picked up');
      for (const { page } of [clara!, jun!, customer]) await axeInBothThemes(page);
    }));

  it('are complete after the router was killed, with what happened while it was gone', () =>
    browser.story(async (openPage) => {
      const { customer, barista, sales, checkAll, noReload } = await three(openPage, '93');
      const add = customer.page.getByRole('button', { name: /^Add / }).first();
      const orderId = await order(customer.page, (await add.getAttribute('aria-label'))?.replace('Add ', ''));
      await newCard(barista.page, orderId).waitFor();
      for (const one of [customer, barista, sales]) {
        one.tolerate(/WebSocket connection to|Failed to load resource: net::ERR_/);
      }
      const router = cafe.system.process('router');
      await router.kill();
      await Promise.all([customer, barista, sales].map(({ page }) => shown(page, /^Reconnecting…/)));
      await checkAll();
      await acceptWithoutRouter(orderId);
      await router.start();

      const number = await queueNumberOn(customer.page);
      await cardOf(barista.page, number).waitFor();
      await shown(sales.page, /^Sales today ₩[\d,]+, items 1, orders 1\.$/);
      for (const { page } of [customer, barista, sales]) {
        await page
          .getByText(/^Reconnecting…/)
          .first()
          .waitFor({ state: 'hidden' });
      }
      await finish(barista.page, customer.page, number);
      await checkAll();
      await noReload();
    }));

  /** What staff at another entrance would do. */
  async function acceptWithoutRouter(orderId: string): Promise<void> {
    const identity = await signIdentity(ROUTER_KEY, { sub: 'barista', role: 'staff', cafes: ['93'] });
    const answer = await fetch(`${cafe.system.urls.delivery}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-router-identity': identity },
      body: JSON.stringify({
        query: staffMutation('acceptOrder'),
        variables: { input: { idempotencyKey: randomUUID(), orderId } },
      }),
    });
    const { data } = (await answer.json()) as { data?: { acceptOrder: { userErrors: unknown[] } } };
    expect(data?.acceptOrder.userErrors).toEqual([]);
  }
});
