import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';

describe('with the SMS provider down', () => {
  let cafe: Cafe;
  beforeAll(async () => {
    cafe = await openCafe();
  }, 90_000);
  afterAll(() => cafe.close());

  it('holds up no order, tells of the newest status when it is back, and drops what is stale', async () => {
    const alice = await cafe.customer();
    const staff = await cafe.staff();
    await cafe.system.process('sms').kill();
    const order = await alice.paidOrder({ phone: '010-2222-0001' });
    await eventually(
      () => staff.act('acceptOrder', order.id),
      ({ userErrors }) => userErrors.length === 0,
    );
    await staff.act('markReady', order.id);
    await eventually(
      () => alice.order(order.id),
      (found) => found?.status === 'READY',
    );
    await cafe.system.process('sms').start();
    const NOTIFICATIONS = 'query($id: ID!) { order(id: $id) { notifications { text status sentAt } } }';
    const { order: told } = await eventually(
      () =>
        alice.graph.data<{ order: { notifications: { text: string; status: string }[] } }>(NOTIFICATIONS, {
          id: order.id,
        }),
      ({ order: { notifications } }) =>
        notifications.length === 3 && notifications.every(({ status }) => status !== 'PENDING'),
      40_000,
    );
    const [, , ready] = told.notifications;
    expect(ready).toMatchObject({ text: expect.stringMatching(/^ready, code /), status: 'SENT' });
    expect(told.notifications.map(({ status }) => status)).toContain('DROPPED');
    // What the provider got, in its order, is what the customer was told: READY last, nothing older after it.
    const sent = told.notifications.filter(({ status }) => status === 'SENT').map(({ text }) => text);
    expect((await cafe.smsInbox('010-2222-0001')).map(({ text }) => text)).toEqual(sent);
  });

  it('sends one SMS per status change, though the provider lost its answers', async () => {
    const alice = await cafe.customer();
    await cafe.turn('sms', { mode: 'lose' });
    await alice.paidOrder({ phone: '010-2222-0002' });
    await eventually(
      () => cafe.smsInbox('010-2222-0002'),
      (messages) => messages.length === 1,
    );
    await cafe.turn('sms', { mode: 'ok' });
    const next = await alice.paidOrder({ phone: '010-2222-0003' });
    await eventually(
      () => cafe.smsInbox('010-2222-0003'),
      (messages) => messages.length === 1,
    );
    expect(next.status).toBe('PLACED');
    expect(await cafe.smsInbox('010-2222-0002')).toHaveLength(1);
  });
});
