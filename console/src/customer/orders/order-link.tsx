import { ChevronRight } from 'lucide-preact';
import { dayAndTime, HOME_ZONE, timeOfDay, won } from '../../text/format.ts';
import { cafeName, productName } from '../../text/products.ts';
import { Badge } from '../../ui/small.tsx';
import { hasEnded } from '../order/order.ts';
import { text } from '../text.ts';
import css from './orders.module.css';
import type { ListedOrder } from './use-orders.ts';

function looksOf(status: ListedOrder['status']): 'good' | 'bad' | 'warn' | 'plain' {
  if (status === 'READY' || status === 'ACCEPTED') return 'good';
  if (status === 'PICKED_UP') return 'plain';
  return hasEnded(status) ? 'bad' : 'warn';
}

/** Ice Americano × 2 and 1 more */
export function whatIs({ lines }: ListedOrder): string {
  const [first, ...others] = lines;
  if (first === undefined) return '';
  const words = `${productName(first.product)} × ${first.qty}`;
  return others.length === 0 ? words : `${words} ${text.now.orders.andMore(others.length)}`;
}

/** An order in a list: how it stands, what it is, and the way to it. */
export function OrderLink({ order }: { readonly order: ListedOrder }) {
  const { status, cafe, placedAt, total, delivery } = order;
  const { orders: words } = text.now;
  const zone = cafe?.timeZone ?? HOME_ZONE;
  const facts = [
    status === 'ACCEPTED' && delivery?.queueNumber != null && words.number(delivery.queueNumber),
    status === 'ACCEPTED' && delivery?.readyBy != null && words.readyBy(timeOfDay(delivery.readyBy, zone)),
    status === 'READY' && delivery?.pickupCode != null && words.code(delivery.pickupCode),
  ].filter((fact) => fact !== false);
  return (
    <a class={`${css.order} ${status === 'READY' ? css.ready : ''}`} href={`/orders/${order.id}`}>
      <span class={css.words}>
        <span class={css.status}>
          <Badge kind={looksOf(status)}>{text.now.status[status]}</Badge>
          {facts.map((fact) => (
            <b key={fact}>{fact}</b>
          ))}
        </span>
        <b>{whatIs(order)}</b>
        <span class={css.soft}>
          {[...(cafe === null ? [] : [cafeName(cafe.name)]), dayAndTime(placedAt, zone), won(total)].join(' · ')}
        </span>
      </span>
      <ChevronRight size={22} aria-hidden="true" />
    </a>
  );
}
