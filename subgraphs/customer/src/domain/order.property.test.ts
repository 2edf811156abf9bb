import fc from 'fast-check';
import { decide, decidePlacing, type OrderCommand } from './decide.ts';
import { begin, evolve } from './evolve.ts';
import { acceptWithinMs, input, later, menu, now, steps } from '../testing/fixtures.ts';
import type { DeliveryEvent } from './messages.ts';
import { hasEnded, type Order } from './order.ts';
import { cancellationOf, paymentOf } from './view.ts';

const settling = fc
  .constantFrom(
    { kind: 'CHARGED' } as const,
    { kind: 'DECLINED', reason: 'no' } as const,
    { kind: 'UNAVAILABLE', retryAfterSeconds: 5 } as const,
    { kind: 'UNKNOWN' } as const,
  )
  .map((outcome): OrderCommand => ({ type: 'SettleCharge', outcome, acceptWithinMs }));
const following = fc
  .constantFrom<DeliveryEvent>(...Object.values(steps))
  .map((event): OrderCommand => ({ type: 'FollowDelivery', event }));
const asking = fc
  .constantFrom('alice', 'mallory')
  .map((customerId): OrderCommand => ({ type: 'RequestCancel', customerId }));
const command = fc.oneof(settling, following, asking, fc.constant<OrderCommand>({ type: 'ConfirmRefund' }));

function newOrder(): Order {
  const placing = decidePlacing({ type: 'PlaceOrder', orderId: 'o', customerId: 'alice', smsTo: 's', input, menu });
  if (!('events' in placing) || placing.events[0] === undefined) throw new Error('the fixture is refused');
  return begin(placing.events[0], now);
}

it('Whatever is asked and whatever happens, versions have no gaps, money is consistent, and an end is an end', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 30 }), function keepsInvariants(commands) {
      let order = newOrder();
      const published: number[] = [order.version];
      const money = { charged: 0, refunded: 0 };
      for (const each of commands) {
        const before = order;
        const decision = decide(each, order, later);
        if ('refusals' in decision) {
          expect(decision.refusals).toHaveLength(1);
          continue;
        }
        for (const event of decision.events) {
          if (event.type === 'OrderPlaced') throw new Error('placed twice');
          order = evolve(order, event, later);
          if (event.type === 'PaymentUnknown') continue;
          published.push(order.version);
          expect(event.data.status).toBe(order.status);
          expect(event.data.message).not.toBe('');
          if (event.type === 'PaymentCompleted') money.charged += event.data.total;
          if (event.type === 'PaymentRefunded') money.refunded += event.data.amount;
        }
        if (hasEnded(before)) expect(order.status).toBe(before.status);
      }
      expect(published).toEqual(published.map((_, index) => index + 1));
      const view = paymentOf(order);
      expect(money.charged).toBe(['CHARGED', 'REFUNDING', 'REFUNDED'].includes(view.status) ? order.total : 0);
      expect(money.refunded).toBe(view.refunded);
      expect(cancellationOf(order).allowed).toBe(order.status === 'PLACED');
    }),
    { numRuns: 500 },
  );
});
