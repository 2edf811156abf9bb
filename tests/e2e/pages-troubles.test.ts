import type { Locator } from 'playwright-core';
import { axe, axeInBothThemes } from '../harness/browser-axe.ts';
import {
  cardOf,
  headed,
  hold,
  known,
  newCard,
  order,
  payButton,
  placedOrder,
  putIn,
  queueNumberOn,
  shown,
  tabTo,
  timesOf,
} from '../harness/browser-people.ts';
import { openBrowser, screenshot, transferred, type Browser, type Theme, type Viewport } from '../harness/browser.ts';
import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';

describe('the pages', () => {
  let cafe: Cafe;
  let browser: Browser;
  beforeAll(async () => {
    cafe = await openCafe();
    browser = await openBrowser(cafe.system.urls.router);
  }, 90_000);
  afterEach(() => cafe.turn('payment', { mode: 'ok', latencyMs: 0 }));
  afterAll(async () => {
    await browser?.close();
    await cafe?.close();
  });

  /** What an order that expects to cost next to nothing is refused for. */
  async function refusals(cafeId: string) {
    const dave = await cafe.customer('dave');
    return (await dave.placeOrder({ cafeId, expectedTotal: 1 })).userErrors;
  }

  it('let anybody break payment with a click, and say clearly that nothing was charged', () =>
    browser.story(async (openPage) => {
      const outside = await openPage('/simulators', { viewport: 'desktop' });
      const payment = outside.page.getByRole('region', { name: 'Payment', exact: true });
      await payment.getByRole('button', { name: /^Declines Declines every payment/ }).click();
      await payment.getByRole('status').filter({ hasText: 'Declines every payment.' }).waitFor();
      await shown(outside.page, 'At least one of them makes trouble right now.');

      const { page } = await openPage('/order/92', { persona: 'Alice' });
      await putIn(page);
      await axeInBothThemes(page);
      await payButton(page).click();
      await shown(page, 'Your payment was declined: the card was declined.');
      await shown(page, 'Nothing was charged.');
      await axeInBothThemes(page);
      await payment.getByRole('cell', { name: 'Declined' }).waitFor();
      await axeInBothThemes(outside.page);

      await outside.page.getByRole('button', { name: 'All well again' }).click();
      await shown(outside.page, 'All outside systems work again.');
      await page.getByRole('button', { name: 'Try again' }).click();
      await placedOrder(page);
      await headed(page, 'Paid. Waiting for the café');
      await payment.getByRole('cell', { name: 'Paid' }).waitFor();
      await outside.page.getByRole('region', { name: 'SMS' }).getByRole('log').getByText(/paid/i).waitFor();

      await outside.page.getByRole('button', { name: 'Empty the books…' }).click();
      await axeInBothThemes(outside.page);
      await outside.page.getByRole('button', { name: 'Keep them' }).click();
      await payment.getByRole('cell', { name: 'Paid' }).waitFor();
    }));

  it('say that a price changed between look and order, and charge only what was agreed to', () =>
    browser.story(async (openPage) => {
      const { page } = await openPage('/order/92', { persona: 'Alice' });
      await putIn(page);
      const letGo = await hold(page, 'CustomerMenu');
      const barista = await openPage('/barista', { persona: 'Barista of café 92', viewport: 'tablet' });
      await barista.page.getByRole('button', { name: 'Menu and opening' }).click();
      await barista.page.getByRole('button', { name: 'Ice Americano, ₩2,000: change the price' }).click();
      await barista.page.getByRole('textbox', { name: 'Price of Ice Americano' }).fill('2500');
      await axeInBothThemes(barista.page);
      await barista.page.getByRole('button', { name: 'Save', exact: true }).click();
      await barista.page.getByRole('button', { name: 'Ice Americano, ₩2,500: change the price' }).waitFor();
      const dave = await cafe.customer('dave');
      await known(async () => {
        const { userErrors } = await dave.placeOrder({ expectedTotal: 1 });
        return userErrors.filter(({ total }) => total === 2500);
      }, 'PRICE_CHANGED');

      await payButton(page).click();
      await shown(page, 'The price has changed: ₩2,000 → ₩2,500.');
      await shown(page, 'Nothing was charged.');
      await axeInBothThemes(page);
      letGo();
      await page.getByRole('button', { name: 'Pay ₩2,500 instead' }).click();
      const orderId = await placedOrder(page);
      await headed(page, 'Paid. Waiting for the café');
      const { charges } = await cafe.paymentBook();
      expect(charges.filter(({ key }) => key.includes(orderId)).map(({ amount }) => amount)).toEqual([2500]);

      await barista.page.getByRole('button', { name: 'Ice Americano, ₩2,500: change the price' }).click();
      await barista.page.getByRole('textbox', { name: 'Price of Ice Americano' }).fill('2000');
      await barista.page.getByRole('button', { name: 'Save', exact: true }).click();
      await known(async () => {
        const { userErrors } = await dave.placeOrder({ expectedTotal: 1 });
        return userErrors.filter(({ total }) => total === 2000);
      }, 'PRICE_CHANGED');
    }));

  it('say that the café closed in between, and charge nothing', () =>
    browser.story(async (openPage) => {
      const { page } = await openPage('/order/93', { persona: 'Bob' });
      await page.getByRole('button', { name: /^Add / }).first().click();
      const letGo = await hold(page, 'CustomerMenu');
      const barista = await openPage('/barista', { persona: 'Barista of café 93', viewport: 'tablet' });
      await barista.page.getByRole('button', { name: 'Menu and opening' }).click();
      const open = barista.page.getByRole('switch', { name: 'Open for new orders' });
      await open.click();
      await shown(barista.page, 'Customers can look at the menu, not order.');
      await known(() => refusals('93'), 'CAFE_CLOSED');
      const before = (await cafe.paymentBook()).charges.length;
      await payButton(page).click();
      await shown(page, 'The café has just closed and takes no more orders.');
      await axeInBothThemes(page);
      letGo();
      await page.getByRole('link', { name: 'Other cafés' }).click();
      await page.getByRole('link', { name: /Hongdae.*Closed/ }).waitFor();
      await axeInBothThemes(page);
      expect((await cafe.paymentBook()).charges).toHaveLength(before);
      await open.click();
      await shown(barista.page, 'Customers can order now.');
    }));

  it('place one order for a double click', () =>
    browser.story(async (openPage) => {
      const before = (await cafe.paymentBook()).charges.length;
      await cafe.turn('payment', { latencyMs: 300 });
      const { page } = await openPage('/order/92', { persona: 'Bob' });
      await putIn(page);
      await payButton(page).dblclick();
      await shown(page, 'Your bank is being asked. This takes a moment.');
      await placedOrder(page);
      await page.getByRole('link', { name: 'My orders' }).first().click();
      await headed(page, 'Now');
      expect(await page.getByRole('region', { name: 'Now' }).getByRole('listitem').count()).toBe(1);
      expect((await cafe.paymentBook()).charges).toHaveLength(before + 1);
    }));

  it('go on with a payment that was under way when the page was loaded anew: one order, one charge', () =>
    browser.story(async (openPage) => {
      const before = (await cafe.paymentBook()).charges.length;
      await cafe.turn('payment', { latencyMs: 1_200 });
      const { page } = await openPage('/order/92', { persona: 'Alice' });
      await putIn(page);
      await payButton(page).click();
      await shown(page, 'Your bank is being asked. This takes a moment.');
      expect(new URL(page.url()).pathname).toBe('/order/92');
      expect((await cafe.paymentBook()).charges).toHaveLength(before);
      await page.reload();
      expect(new URL(page.url()).pathname).toBe('/order/92');
      await placedOrder(page);
      await headed(page, 'Paid. Waiting for the café');
      const { charges, chargeAttempts } = await cafe.paymentBook();
      expect(charges).toHaveLength(before + 1);
      expect(Object.keys(chargeAttempts)).toHaveLength(before + 1);
    }));

  it('charge nobody else who signs in while a payment is sent again', () =>
    browser.story(async (openPage) => {
      const before = (await cafe.paymentBook()).charges.length;
      const { page, tolerate } = await openPage('/order/92', { persona: 'Alice' });
      tolerate(/Failed to load resource: net::ERR_/);
      const senders: string[] = [];
      let isAway = true;
      await page.route('**/graphql', async (route) => {
        const { authorization = '' } = route.request().headers();
        if (!(route.request().postData() ?? '').includes('placeOrder')) return route.continue();
        senders.push(Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString());
        // The order is placed, and the answer lost.
        if (senders.length === 1) await route.fetch();
        return isAway ? route.abort('failed') : route.continue();
      });
      await putIn(page);
      await payButton(page).click();
      await eventually(
        async () => senders.length,
        (sent) => sent >= 2,
      );
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('button', { name: 'Bob' }).click();
      await putIn(page);
      isAway = false;
      await payButton(page).click();
      await placedOrder(page);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('button', { name: 'Alice' }).click();
      // Hers goes on by itself.
      await page.getByRole('link', { name: 'Order', exact: true }).click();
      await placedOrder(page);
      await headed(page, 'Paid. Waiting for the café');
      expect((await cafe.paymentBook()).charges).toHaveLength(before + 2);
      expect(senders.filter((claims) => claims.includes('"bob"'))).toHaveLength(1);
    }));

  it('bring at most 150 kB of script for a customer, and a policy without anything inline', () =>
    browser.story(async (openPage) => {
      const { page } = await openPage('/order', { persona: 'Alice' });
      await page.getByRole('link', { name: /Gangnam/ }).waitFor();
      const bytes = await transferred(page);
      expect(bytes).toBeGreaterThan(10_000);
      expect(bytes).toBeLessThanOrEqual(150_000);
      const policy = (await page.request.get('/order', { headers: { accept: 'text/html' } })).headers()[
        'content-security-policy'
      ];
      expect(policy).toContain("script-src 'self'");
      expect(policy).not.toContain('unsafe-inline');
      expect(policy).not.toContain('unsafe-eval');
    }));

  it("speak the browser's language, and the other one at a click, with won as ₩2,000 in both", () =>
    browser.story(async (openPage) => {
      const { page } = await openPage('/order/92', { persona: 'Alice', language: 'ko' });
      await headed(page, '카페포미 강남점');
      await page.getByRole('button', { name: '아이스 아메리카노 담기', exact: true }).click();
      await page.getByRole('button', { name: '₩2,000 결제하기' }).waitFor();
      await axeInBothThemes(page);
      await page.getByRole('button', { name: 'EN, English' }).click();
      await payButton(page).filter({ hasText: '₩2,000' }).waitFor();
      expect(await page.evaluate('document.documentElement.lang')).toBe('en');
      await page.reload();
      await headed(page, 'Café For Me Gangnam');
    }));

  it("show times on the café's clock, wherever the reader is", () =>
    browser.story(async (openPage) => {
      const { page } = await openPage('/order/92', { persona: 'Bob', timezone: 'America/New_York' });
      await order(page);
      const times = await timesOf(page);
      expect(times.length).toBeGreaterThan(0);
      const inSeoul = new Intl.DateTimeFormat('en-US', { timeZone: 'Asia/Seoul', hour: 'numeric', minute: '2-digit' });
      expect(times.map((time) => time.shown)).toEqual(times.map(({ instant }) => inSeoul.format(new Date(instant))));
    }));

  it('can be used by keyboard alone', () =>
    browser.story(async (openPage) => {
      const { page } = await openPage('/order', { token: await cafe.system.token({ role: 'customer', sub: 'erin' }) });
      const press = async (target: Locator) => {
        await target.waitFor();
        await tabTo(page, target);
        await page.keyboard.press('Enter');
      };
      await press(page.getByRole('link', { name: /Gangnam/ }));
      await press(page.getByRole('button', { name: 'Add Ice Americano', exact: true }));
      await press(page.getByRole('button', { name: 'One more Ice Americano' }));
      await press(payButton(page).filter({ hasText: '₩4,000' }));
      await placedOrder(page);
      await press(page.getByRole('button', { name: 'Cancel order' }));
      await page.getByRole('dialog', { name: 'Cancel this order?' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Cancel order' }).and(page.locator(':focus')).waitFor();
      await press(page.getByRole('button', { name: 'Cancel order' }));
      await press(page.getByRole('button', { name: 'Yes, cancel it' }));
      await headed(page, 'Your order is canceled');
    }));

  it('take a token where nobody can be picked, and say why', () =>
    browser.story(async (openPage) => {
      const { page, tolerate } = await openPage('/order');
      tolerate(/404/);
      await page.route('**/demo/personas', async (route) => route.fulfill({ status: 404, json: {} }));
      await page.reload();
      await shown(page, 'Nobody can be picked here: demo sign-in is off.');
      await axeInBothThemes(page);
      await page.getByRole('textbox', { name: 'Token' }).fill('nonsense');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await shown(page, 'This is no token that is good here');
      await page
        .getByRole('textbox', { name: 'Token' })
        .fill(await cafe.system.token({ role: 'customer', sub: 'carol', name: 'Carol' }));
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('link', { name: /Gangnam/ }).waitFor();
    }));

  it('say where the outside systems of the demonstration are missing', () =>
    browser.story(async (openPage) => {
      const { page, tolerate } = await openPage('/simulators');
      tolerate(/404/);
      await shown(page, 'All of them work.');
      await page.route('**/simulators/*/*', async (route) => route.fulfill({ status: 404, json: {} }));
      await headed(page, 'The outside systems of the demonstration are not here.');
      await axeInBothThemes(page);
    }));

  describe('in pictures', () => {
    const HERE = '94';
    /** Orders that stand still at the café: handed over, ready, in making, new. */
    beforeAll(async () => {
      const [bob, staff] = await Promise.all([cafe.customer('bob'), cafe.staff(HERE)]);
      const { cafe: place } = await bob.graph.data<{ cafe: { menu: { product: string; available: boolean }[] } }>(
        `{ cafe(id: "${HERE}") { menu { product available } } }`,
      );
      const products = place.menu.flatMap(({ product, available }) => (available ? [product] : []));
      const carts = [...products, ...products].slice(0, 9).map((product, index) => ({ product, qty: 1 + (index % 3) }));
      for (const [index, line] of carts.entries()) {
        const { id } = await bob.paidOrder({ cafeId: HERE, lines: [line] });
        await eventually(
          () => staff.delivery(id),
          (delivery) => delivery !== null,
        );
        if (index > 6) continue;
        await staff.act('acceptOrder', id, { readyInMinutes: 5 + index });
        if (index > 5) continue;
        const { delivery } = await staff.act('markReady', id);
        if (index < 4) await staff.act('handOver', id, { pickupCode: delivery?.pickupCode });
      }
    }, 60_000);

    it.each<[Viewport, Theme]>([
      ['phone', 'light'],
      ['phone', 'dark'],
      ['tablet', 'light'],
      ['tablet', 'dark'],
    ])('look right on a %s, %s', (viewport, theme) =>
      browser.story(async (openPage) => {
        const looks = { viewport, theme } as const;
        const customer = await openPage(`/order/${HERE}`, { persona: 'Alice', ...looks });
        await customer.page.getByRole('button', { name: /^Add / }).first().click();
        await customer.page.getByRole('button', { name: /^Add / }).nth(2).click();
        await payButton(customer.page).waitFor();
        const barista = await openPage('/barista', { persona: `Barista of café ${HERE}`, ...looks });
        const sales = await openPage(`/sales/${HERE}`, { persona: 'Accountant', ...looks });
        const outside = await openPage('/simulators', looks);
        const home = await openPage('/', looks);
        await home.page.getByRole('button', { name: 'Alice' }).waitFor();
        await outside.page.getByRole('table').first().waitFor();
        const take = async ({ page }: typeof home, name: string, inDocs?: string) =>
          screenshot(page, `${name}-${viewport}-${theme}`, inDocs);
        const kept = (name: string, of: Viewport, by: Theme) =>
          of === viewport && by === theme ? `${name}-${of}${by === 'dark' ? '-dark' : ''}` : undefined;

        await take(customer, 'menu');
        await payButton(customer.page).click();
        const orderId = await placedOrder(customer.page);
        await newCard(barista.page, orderId).waitFor();
        await headed(customer.page, 'Paid. Waiting for the café');
        const staff = await cafe.staff(HERE);
        await staff.act('acceptOrder', orderId);
        const number = await queueNumberOn(customer.page);
        if (viewport === 'tablet') await cardOf(barista.page, number).waitFor();
        await shown(sales.page, /^Sales today /);
        await sales.page.getByText('Received').first().waitFor();
        await take(customer, 'order', kept('customer', 'phone', 'light'));
        await take(barista, 'barista', kept('barista', 'tablet', 'light'));
        await take(sales, 'sales', kept('sales', 'tablet', 'dark'));
        await take(outside, 'simulators');
        await take(home, 'home');
        for (const { page } of [customer, barista, sales, outside, home]) {
          expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
          await axe(page);
        }

        const { delivery } = await staff.act('markReady', orderId);
        await headed(customer.page, 'Ready! Come and get it');
        await take(customer, 'ready');
        await staff.act('handOver', orderId, { pickupCode: delivery?.pickupCode });
      }),
    );

    it('stand side by side', () =>
      browser.story(async (openPage) => {
        const customer = await openPage(`/order/${HERE}`, { persona: 'Alice', viewport: 'phone' });
        const barista = await openPage('/barista', { persona: `Barista of café ${HERE}`, viewport: 'tablet' });
        const sales = await openPage(`/sales/${HERE}`, { persona: 'Accountant', viewport: 'tablet' });
        await customer.page.getByRole('button', { name: /^Add / }).first().click();
        await payButton(customer.page).click();
        const orderId = await placedOrder(customer.page);
        await newCard(barista.page, orderId).waitFor();
        await (await cafe.staff(HERE)).act('acceptOrder', orderId);
        await cardOf(barista.page, await queueNumberOn(customer.page)).waitFor();
        await shown(sales.page, /^Sales today /);
        const pictures = await Promise.all(
          [customer, barista, sales].map(async ({ page }, index) => screenshot(page, `side-by-side-${index + 1}`)),
        );
        const frame = await openPage('/', { viewport: 'desktop' });
        await frame.page.setViewportSize({ width: 1800, height: 600 });
        await frame.page.goto('about:blank');
        await frame.page.setContent(
          `<body style="margin: 0; height: 600px; display: flex; gap: 14px; align-items: center; justify-content: center">${pictures
            .map(
              (png) =>
                `<img height="560" src="data:image/png;base64,${png.toString('base64')}" style="border-radius: 14px; box-shadow: 0 2px 14px #0004">`,
            )
            .join('')}</body>`,
        );
        await screenshot(frame.page, 'three-pages', 'three-pages');
      }));
  });
});
