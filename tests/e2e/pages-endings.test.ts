import { axe, axeInBothThemes } from '../harness/browser-axe.ts';
import { headed, hold, newCard, order, payButton, placedOrder, putIn, shown } from '../harness/browser-people.ts';
import { openBrowser, type Browser } from '../harness/browser.ts';
import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';

describe('an order that does not end as it was meant', () => {
  let cafe: Cafe;
  let browser: Browser;
  beforeAll(async () => {
    cafe = await openCafe({
      env: { customer: { PAYMENT_TIMEOUT_MS: '500', SWEEP_AFTER_MS: '700', ACCEPT_WITHIN_SECONDS: '12' } },
    });
    browser = await openBrowser(cafe.system.urls.router);
  }, 90_000);
  afterEach(() => cafe.turn('payment', { mode: 'ok', lookupMode: 'ok', latencyMs: 0 }));
  afterAll(async () => {
    await browser?.close();
    await cafe?.close();
  });

  it('is not known to be paid while the bank is silent, says so, and is paid once when the bank is back', () =>
    browser.story(async (openPage) => {
      const before = (await cafe.paymentBook()).charges.length;
      // It charges, its answer is lost, and so is what it knows.
      await cafe.turn('payment', { mode: 'lose', lookupMode: 'hang' });
      const { page, expectNoReload } = await openPage('/order/92', { persona: 'Alice' });
      await putIn(page);
      await payButton(page).click();
      await placedOrder(page);
      await headed(page, 'Your payment is on its way');
      await shown(page, 'The bank gave no answer yet. We ask until we know; you are not charged twice.');
      await shown(page, 'It can be canceled when it is paid.');
      await axeInBothThemes(page);
      await cafe.turn('payment', { mode: 'ok', lookupMode: 'ok' });
      await headed(page, 'Paid. Waiting for the café');
      await expectNoReload();
      const { charges } = await cafe.paymentBook();
      expect(charges).toHaveLength(before + 1);
    }));

  it('is kept where a cancel comes too late, and says why once', () =>
    browser.story(async (openPage) => {
      const { page } = await openPage('/order/92', { persona: 'Bob' });
      const orderId = await order(page);
      const letGo = await hold(page, 'CancelOrder');
      await page.getByRole('button', { name: 'Cancel order' }).click();
      await page.getByRole('button', { name: 'Yes, cancel it' }).click();
      const staff = await cafe.staff();
      await eventually(
        () => staff.delivery(orderId),
        (delivery) => delivery !== null,
      );
      await staff.act('acceptOrder', orderId);
      await headed(page, 'Your order is being made');
      letGo();
      await shown(page, 'It can not be canceled any more: the café has accepted it.');
      expect(await page.getByText('It can not be canceled any more').count()).toBe(1);
      await axeInBothThemes(page);
      expect((await cafe.paymentBook()).refunds.filter(({ chargeKey }) => chargeKey.includes(orderId))).toEqual([]);
    }));

  it('expires where the café does not answer, and is paid back, on both screens by itself', () =>
    browser.story(async (openPage) => {
      const barista = await openPage('/barista', { persona: 'Barista of café 92', viewport: 'tablet' });
      const customer = await openPage('/order/92', { persona: 'Alice' });
      const orderId = await order(customer.page);
      const card = newCard(barista.page, orderId);
      await card.waitFor();
      await card.getByText('Not answered in time: expired, refunded').waitFor();
      await axe(barista.page);
      await headed(customer.page, 'The café did not answer in time');
      await shown(customer.page, '₩2,000 was paid back.');
      await axeInBothThemes(customer.page);
      await customer.expectNoReload();
      await barista.expectNoReload();
      const { refunds } = await cafe.paymentBook();
      expect(refunds.filter(({ chargeKey }) => chargeKey.includes(orderId)).map(({ amount }) => amount)).toEqual([
        2000,
      ]);
    }));

  it('says where it is not followed any more, and follows it again at a click', () =>
    browser.story(async (openPage) => {
      const customer = await cafe.customer('alice');
      const { id } = await customer.paidOrder();
      const { page, tolerate } = await openPage('/orders', { persona: 'Alice' });
      tolerate(/WebSocket/);
      let isEnding = true;
      await page.routeWebSocket(/\/graphql$/, (socket) => {
        const server = socket.connectToServer();
        socket.onMessage((message) => {
          const { type, id: operation } = JSON.parse(String(message)) as { type: string; id: string };
          if (isEnding && type === 'subscribe') socket.send(JSON.stringify({ type: 'complete', id: operation }));
          else server.send(message);
        });
      });
      await page.goto(`/orders/${id}`);
      await headed(page, 'Paid. Waiting for the café');
      await shown(page, 'This is not followed live any more.');
      await axeInBothThemes(page);
      isEnding = false;
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('This is not followed live any more.').waitFor({ state: 'detached' });
      await (await cafe.staff()).act('acceptOrder', id);
      await headed(page, 'Your order is being made');
    }));

  it.each([
    ['where the page may', '/health/ready', 'a request that leaves the machine: https://elsewhere.invalid/'],
    ["where the page's policy stops it", '/order', 'Content Security Policy'],
  ])('is no story where a request would leave the machine: %s', async (_name, path, complaint) => {
    const leaving = browser.story(async (openPage) => {
      const { page } = await openPage(path);
      await page.evaluate("fetch('https://elsewhere.invalid/').catch(() => undefined)");
    });
    await expect(leaving).rejects.toThrow(complaint);
  });
});
