/** The seed's demonstration (시연용 프로세스), step by step through the router, against a running system. */
import { randomInt, randomUUID } from 'node:crypto';
import { eventually } from '../harness/eventually.ts';
import { createGraph, type Graph, type Watch } from '../harness/graph.ts';
import { customerOf, ORDER_STATUS, ORDER_STATUS_CHANGED, staffOf, type StatusEvent } from '../harness/operations.ts';
import type { Stage } from './script.ts';
import { shown } from './shown-graph.ts';

export interface DemoTarget {
  /** Of the router, with /graphql. */
  readonly graphUrl: string;
  readonly paymentUrl: string;
  readonly smsUrl: string;
  readonly headquartersUrl: string;
  /** Signs a client's token. */
  token(claims: { sub: string; role: 'customer' | 'staff' | 'accountant'; cafes?: string[] }): Promise<string>;
}

interface DaySums {
  readonly businessDate: string;
  readonly salesSum: number;
  readonly salesQty: number;
  readonly orderCount: number;
  readonly revision: number;
}

const DAY_FIELDS = 'businessDate salesSum salesQty orderCount revision';
const ACCOUNTING_CHANGED = `subscription AccountingChanged($cafeId: ID!) { accountingChanged(cafeId: $cafeId) { ${DAY_FIELDS} } }`;

/**
 * Plays the whole demonstration.
 * @throws Difference at the first thing that is not as the demonstration expects; Error when something does not answer
 */
export async function playDemo(target: DemoTarget, stage: Stage): Promise<void> {
  const subject = `demo-${randomUUID().slice(0, 8)}`;
  const graphs: Graph[] = [];
  const as = async (role: 'customer' | 'staff' | 'accountant', sub: string): Promise<Graph> => {
    const cafes = role === 'customer' ? {} : { cafes: ['92'] };
    const graph = createGraph(target.graphUrl, await target.token({ sub, role, ...cafes }));
    graphs.push(graph);
    return shown(graph, stage);
  };
  const customerGraph = await as('customer', subject);
  const customer = customerOf(customerGraph);
  const staff = staffOf(await as('staff', 'barista-of-92'));
  const accountantGraph = await as('accountant', 'accountant-of-92');

  function follow(orderId: string): Watch<StatusEvent> {
    stage.exchange(ORDER_STATUS_CHANGED, { id: orderId }, '(live from here on)');
    return customer.watch(orderId, ({ orderStatusChanged: change }) => {
      const queue = change.order.delivery?.queueNumber ?? '–';
      const sale = change.order.sale === null ? '–' : `₩${change.order.sale.amount}`;
      stage.arrived(
        'status',
        `v${change.version} ${change.status}, payment ${change.order.payment.status}, queue no. ${queue}, sale ${sale}: ${change.message}`,
      );
    });
  }

  async function settled(
    live: Watch<StatusEvent>,
    what: string,
    status: string,
    payment?: string,
  ): Promise<StatusEvent> {
    const event = await live.until(
      ({ orderStatusChanged: change }) =>
        change.status === status && (payment === undefined || change.order.payment.status === payment),
    );
    stage.expect(what, event.orderStatusChanged.status, status);
    return event;
  }

  const inboxes = new Map<string, { texts: string[]; stop(): void }>();
  /** Shows the SMS to a phone as they arrive, from now on. */
  function listen(phone: string): string {
    const texts: string[] = [];
    async function look(): Promise<void> {
      const answer = await fetch(`${target.smsUrl}/inbox?to=${encodeURIComponent(phone)}`);
      const { messages } = (await answer.json()) as { messages: { text: string }[] };
      for (const { text } of messages.slice(texts.length)) {
        texts.push(text);
        stage.arrived(`SMS to ${phone}`, text);
      }
    }
    const timer = setInterval(() => void look().catch(() => undefined), 50);
    inboxes.set(phone, { texts, stop: () => clearInterval(timer) });
    return phone;
  }

  async function heard(phone: string, count: number): Promise<void> {
    const inbox = inboxes.get(phone);
    await eventually(
      () => Promise.resolve(inbox?.texts.length ?? 0),
      (found) => found >= count,
    );
    stage.expect(`SMS to ${phone}`, inbox?.texts.length, count);
  }

  const newPhone = (): string => {
    const digits = String(randomInt(1e8)).padStart(8, '0');
    return `010-${digits.slice(0, 4)}-${digits.slice(4)}`;
  };

  try {
    stage.step('The accountant of café 92 watches the day');
    const day = accountantGraph.watch<{ accountingChanged: DaySums }>(ACCOUNTING_CHANGED, { cafeId: '92' }, (event) => {
      const sums = event.accountingChanged;
      stage.arrived(
        'sales',
        `${sums.businessDate} revision ${sums.revision}: ₩${sums.salesSum}, ${sums.salesQty} pieces, ${sums.orderCount} orders`,
      );
    });
    const before = (await day.until(() => true)).accountingChanged;

    stage.step('A customer orders an iced americano online and pays at once');
    const phone = listen(newPhone());
    const order = await customer.paidOrder({ expectedTotal: 2000, phone });
    stage.expect('paid (the seed: pay_success)', order.status, 'PLACED');
    stage.expect('charged', order.payment, { status: 'CHARGED', amount: 2000, refunded: 0, failureReason: null });
    const live = follow(order.id);
    await settled(live, 'the live status begins with the present state', 'PLACED');

    stage.step('The read view of the order (the seed: orderStatuses/1)');
    const view = await customerGraph.data<{ orderStatus: { status: string } }>(ORDER_STATUS, { id: order.id });
    stage.expect('orderStatus', view.orderStatus.status, 'PLACED');

    stage.step('The café sees it (the seed: order_get)');
    const delivery = await eventually(
      () => staff.delivery(order.id),
      (found) => found !== null,
    );
    stage.expect('delivery', delivery?.status, 'ORDER_GET');

    stage.step('The staff accept; the coffee is being made (the seed: receive → order_received)');
    const accepted = await staff.act('acceptOrder', order.id);
    stage.expect('accepted without complaint', accepted.userErrors, []);
    await settled(live, 'status', 'ACCEPTED');

    stage.step("The customer can't cancel any more (the seed: cannotOrderCanceled)");
    const tooLate = await customer.cancel(order.id);
    stage.expect('refused', tooLate.userErrors[0]?.code, 'CANNOT_ORDER_CANCELED');
    stage.expect('cannotOrderCanceled', (await customer.order(order.id))?.cannotOrderCanceled, true);

    stage.step("The customer's phone loses the network in a lift; the coffee is ready meanwhile");
    const outOfTheLift = customerGraph.lose();
    const ready = await staff.act('markReady', order.id);
    await eventually(
      () => customer.order(order.id),
      (found) => found?.status === 'READY',
    );
    stage.expect('nothing came', live.events.at(-1)?.orderStatusChanged.status, 'ACCEPTED');
    outOfTheLift();
    await settled(live, 'status', 'READY');
    stage.expect('went on where it was', live.resumed, ['exact']);

    stage.step('It is picked up by its code');
    await staff.act('handOver', order.id, { pickupCode: ready.delivery?.pickupCode });
    await settled(live, 'status', 'PICKED_UP');
    stage.expect(
      'every version once and in order',
      live.events.map(({ orderStatusChanged: change }) => change.version),
      live.events.map((_, index) => (live.events[0]?.orderStatusChanged.version ?? 0) + index),
    );
    await heard(phone, 3);

    stage.step('Another order is rejected: canceled and refunded');
    const rejectedPhone = listen(newPhone());
    const second = await customer.paidOrder({ phone: rejectedPhone });
    const secondLive = follow(second.id);
    await eventually(
      () => staff.delivery(second.id),
      (found) => found !== null,
    );
    await staff.act('rejectOrder', second.id, { reason: 'SOLD_OUT' });
    await settled(secondLive, 'status', 'REJECTED', 'REFUNDED');
    stage.expect('refunded', (await customer.order(second.id))?.payment.refunded, 2000);
    await heard(rejectedPhone, 2);

    stage.step('The customer cancels a third one before the café answers (the seed: order_cancel_request)');
    const third = await customer.paidOrder();
    const thirdLive = follow(third.id);
    await thirdLive.until(() => true);
    const canceling = await customer.cancel(third.id);
    stage.expect('asked without complaint', canceling.userErrors, []);
    await settled(thirdLive, 'status', 'CANCELED', 'REFUNDED');
    stage.expect('refunded', (await customer.order(third.id))?.payment.refunded, 2000);

    stage.step('A payment is declined: no payment, no order (the seed: pay_fail)');
    await setKnob(target.paymentUrl, { mode: 'decline', nextCharges: 1 });
    const declined = await customer.placeOrder();
    stage.expect('status', declined.order?.status, 'PAYMENT_FAILED');
    stage.expect('told why', declined.userErrors[0]?.code, 'PAYMENT_DECLINED');

    stage.step("The day's accounting: only what the café accepted");
    const after = (await day.until(({ accountingChanged: sums }) => sums.orderCount > before.orderCount))
      .accountingChanged;
    stage.expect('sales since the beginning', after.salesSum - before.salesSum, 2000);
    stage.expect('pieces since the beginning', after.salesQty - before.salesQty, 1);
    stage.expect('orders since the beginning', after.orderCount - before.orderCount, 1);
    const statistics = await accountantGraph.data<{ accountingStatistics: { salesSum: number }[] }>(
      `query Statistics($cafeId: ID!, $day: BusinessDate!) {
  accountingStatistics(cafeId: $cafeId, from: $day, to: $day) { period orderedSum salesSum canceledSum salesQty orderCount asOf }
}`,
      { cafeId: '92', day: after.businessDate },
    );
    stage.expect('statistics of the day', statistics.accountingStatistics[0]?.salesSum, after.salesSum);

    stage.step("Headquarters' copy (the seed: SalesTransferred)");
    const copy = await eventually(
      async () => {
        const answer = await fetch(`${target.headquartersUrl}/book?cafeId=92&businessDate=${after.businessDate}`);
        return ((await answer.json()) as { current: { revision: number; salesSum: number }[] }).current[0];
      },
      (kept) => (kept?.revision ?? 0) >= after.revision,
    );
    stage.arrived('headquarters', JSON.stringify(copy));
    stage.expect('headquarters has the same sum', copy?.salesSum, after.salesSum);
  } finally {
    for (const { stop } of inboxes.values()) stop();
    await Promise.all(graphs.map((graph) => graph.close()));
  }
}

async function setKnob(simulatorUrl: string, knobs: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${simulatorUrl}/knobs`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(knobs),
  });
  if (!answer.ok) throw new Error(`the simulator at ${simulatorUrl} refused the knob: ${await answer.text()}`);
}
