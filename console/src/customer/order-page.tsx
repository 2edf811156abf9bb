import { ArrowLeft } from 'lucide-preact';
import { useRoute } from 'preact-iso';
import { useEffect, useRef } from 'preact/hooks';
import { ForRole } from '../shell/for-role.tsx';
import { useTitle } from '../shell/use-title.ts';
import { dayAndTime, HOME_ZONE } from '../text/format.ts';
import { cafeName } from '../text/products.ts';
import { LinkButton } from '../ui/button.tsx';
import { LiveEnded } from '../ui/live-ended.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { Busy, Empty } from '../ui/small.tsx';
import { Cancel } from './order/cancel.tsx';
import { Hero } from './order/hero.tsx';
import { Lines } from './order/lines.tsx';
import { cafeSideOf, hasEnded, type WholeOrder } from './order/order.ts';
import css from './order/order.module.css';
import { SmsList } from './order/sms-list.tsx';
import { text } from './order/text.ts';
import { TimelineList } from './order/timeline-list.tsx';
import { useOrder } from './order/use-order.ts';
import { text as customerText } from './text.ts';

/** /orders/:orderId: how an order stands, live. */
export function OrderPage() {
  const { params } = useRoute();
  const orderId = params['orderId'] ?? '';
  return (
    <ForRole role="customer">
      {({ subject }) => <Order key={`${subject} ${orderId}`} subject={subject} orderId={orderId} />}
    </ForRole>
  );
}

function Order({ subject, orderId }: { readonly subject: string; readonly orderId: string }) {
  const { order, missing, problem, live, askAgain, take } = useOrder(orderId);
  useTitle(order === undefined ? text.now.title : titleOf(order));
  useBuzz(order?.status);
  if (missing) {
    return (
      <Empty>
        <h1>{text.now.noOrder}</h1>
        <LinkButton href="/orders">{text.now.back}</LinkButton>
      </Empty>
    );
  }
  if (order === undefined) return problem === undefined ? <Busy /> : <ProblemNote problem={problem} />;
  const { cafe, placedAt } = order;
  return (
    <div class={css.page}>
      <p class={css.head}>
        <a class={css.back} href="/orders">
          <ArrowLeft size={20} aria-hidden="true" />
          {text.now.back}
        </a>
        <span>
          {cafe !== null && <b>{cafeName(cafe.name)}</b>}{' '}
          <span>{dayAndTime(placedAt, cafe?.timeZone ?? HOME_ZONE)}</span>
        </span>
      </p>
      {!hasEnded(order.status) && <LiveEnded live={live} askAgain={askAgain} />}
      <Hero order={order} />
      <div class={css.columns}>
        <div class={css.column}>
          <TimelineList order={order} />
          <Cancel order={order} take={take} />
        </div>
        <div class={css.column}>
          <Lines order={order} subject={subject} />
          <SmsList order={order} />
        </div>
      </div>
    </div>
  );
}

function titleOf(order: WholeOrder): string {
  const { queueNumber, pickupCode } = cafeSideOf(order);
  if (order.status === 'READY' && pickupCode !== undefined) return text.now.steps.readyCode(pickupCode);
  const status = customerText.now.status[order.status];
  return order.status === 'ACCEPTED' && queueNumber !== undefined
    ? `${status} · ${customerText.now.orders.number(queueNumber)}`
    : status;
}

/** A phone buzzes when the order becomes ready while its page is open. */
function useBuzz(status: WholeOrder['status'] | undefined): void {
  const before = useRef(status);
  useEffect(() => {
    const became = before.current !== undefined && before.current !== 'READY' && status === 'READY';
    before.current = status;
    // A browser refuses it, loudly, before the page was touched.
    if (became && navigator.userActivation?.hasBeenActive) navigator.vibrate?.([200, 100, 200]);
  }, [status]);
}
