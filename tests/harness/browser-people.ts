/** What people do on the pages, said once: by role and by what is read out, as they find it themselves. */
import type { Locator, Page } from 'playwright-core';
import { eventually } from './eventually.ts';

/** Waits until the words are on the page. */
export async function shown(page: Page, words: string | RegExp): Promise<void> {
  await page.getByText(words).first().waitFor();
}

/** Waits until a heading says so. */
export async function headed(page: Page, words: string | RegExp): Promise<void> {
  await page.getByRole('heading', { name: words }).waitFor();
}

/** Puts one of a product into the cart of the café whose menu is open. */
export async function putIn(page: Page, product = 'Ice Americano'): Promise<void> {
  await page.getByRole('button', { name: `Add ${product}`, exact: true }).click();
}

export function payButton(page: Page): Locator {
  return page.getByRole('button', { name: /^Pay ₩[\d,]+$/ });
}

/** Waits until the page of an order that was placed is shown. @returns the order's id */
export async function placedOrder(page: Page): Promise<string> {
  await page.waitForURL(/\/orders\/[0-9a-f-]{36}$/);
  return page.url().slice(-36);
}

/** From the menu that is open to the page of the paid order. @returns the order's id */
export async function order(page: Page, product?: string): Promise<string> {
  await putIn(page, product);
  await payButton(page).click();
  const orderId = await placedOrder(page);
  await headed(page, 'Paid. Waiting for the café');
  return orderId;
}

/** The card of a new order on the board; before it has a number it is called by the end of its id. */
export function newCard(page: Page, orderId: string): Locator {
  return page.getByRole('article', { name: `New order ${orderId.slice(-4).toUpperCase()}` });
}

/** The card of an accepted order on the board. */
export function cardOf(page: Page, queueNumber: number): Locator {
  return page.getByRole('article', { name: `Order ${queueNumber}`, exact: true });
}

/** Accepts a new order. */
export async function accept(page: Page, orderId: string): Promise<void> {
  await newCard(page, orderId)
    .getByRole('button', { name: /^Accept · / })
    .click();
}

/** The number that the customer is shown once the café has accepted. */
export async function queueNumberOn(page: Page): Promise<number> {
  await headed(page, 'Your order is being made');
  return Number(/(\d+)/.exec(await page.getByText(/^Accepted, no\. \d+$/).innerText())?.[1]);
}

/** Hands over with the code. */
export async function handOver(page: Page, queueNumber: number, code: string): Promise<void> {
  await cardOf(page, queueNumber).getByRole('button', { name: 'Hand over' }).click();
  const dialog = page.getByRole('dialog', { name: `Hand over Order ${queueNumber}` });
  await dialog.getByRole('textbox', { name: 'Pickup code' }).fill(code);
  await dialog.getByRole('button', { name: 'Hand over' }).click();
}

/** The code that the customer is shown once it is ready. */
export async function codeOn(page: Page): Promise<string> {
  await headed(page, 'Ready! Come and get it');
  return /code (\w+)/.exec(await page.getByText(/^Ready, code \w+$/).innerText())?.[1] ?? '';
}

/** Waits until the day's figures are these; they are read out once they are still. */
export async function soldToday(page: Page, sum: string, items: number, orders: number): Promise<void> {
  await shown(page, `Sales today ${sum}, items ${items}, orders ${orders}.`);
}

/** All times that the page shows are those of the café's clock. */
export async function timesOf(page: Page): Promise<{ shown: string; instant: string }[]> {
  const all = await page.getByRole('time').all();
  return Promise.all(
    all.map(async (time) => ({
      shown: await time.innerText(),
      instant: (await time.getAttribute('datetime')) ?? '',
    })),
  );
}

/** Goes on by the Tab key until the target has the focus. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let steps = 0; steps < 100; steps++) {
    if (await target.evaluate(hasFocus)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the Tab key does not lead to ${String(target)}`);
}

/** Runs in the page. */
function hasFocus(element: unknown): boolean {
  return element === (globalThis as unknown as { document: { activeElement: unknown } }).document.activeElement;
}

/** Holds back what a page asks of the graph under this name, until it is let go. */
export async function hold(page: Page, operation: string): Promise<() => void> {
  let letGo: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => (letGo = resolve));
  await page.route('**/graphql', async function wait(route) {
    if (route.request().postData()?.includes(operation) === true) await gone;
    // A page that has left asks no more.
    await route.continue().catch(() => undefined);
  });
  return letGo;
}

/** Waits until what was said by one service is known by the one that takes orders. */
export async function known(refusals: () => Promise<readonly { code: string }[]>, code: string): Promise<void> {
  await eventually(refusals, (errors) => errors.some((error) => error.code === code));
}
