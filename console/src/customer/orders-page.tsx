import { ForRole } from '../shell/for-role.tsx';
import { useTitle } from '../shell/use-title.ts';
import { Button, LinkButton } from '../ui/button.tsx';
import { LiveEnded } from '../ui/live-ended.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { Busy, Empty } from '../ui/small.tsx';
import { OrderLink, whatIs } from './orders/order-link.tsx';
import css from './orders/orders.module.css';
import { useOrders } from './orders/use-orders.ts';
import pageCss from './page.module.css';
import { PlacingNote } from './placing/placing-note.tsx';
import { text } from './text.ts';

/** /orders: what is on its way, live, and what was. */
export function OrdersPage() {
  useTitle(text.now.orders.title);
  return <ForRole role="customer">{({ subject }) => <Orders key={subject} subject={subject} />}</ForRole>;
}

function Orders({ subject }: { readonly subject: string }) {
  const { present, past, changed, problem, more, loadingMore, live, askAgain } = useOrders();
  const { orders: words } = text.now;
  const empty = present?.length === 0 && past?.length === 0 && problem === undefined;
  return (
    <div class={pageCss.page}>
      <h1>{words.title}</h1>
      <p class="visually-hidden" role="status">
        {changed !== undefined && `${whatIs(changed)}: ${text.now.status[changed.status]}`}
      </p>
      <PlacingNote subject={subject} />
      <LiveEnded live={live} askAgain={askAgain} />
      {problem !== undefined && problem.kind !== 'partly' && <ProblemNote problem={problem} />}
      {present === undefined && problem === undefined && <Busy />}
      {empty && (
        <Empty>
          <p>{words.none}</p>
          <LinkButton look="primary" href="/order">
            {words.orderNow}
          </LinkButton>
        </Empty>
      )}
      {present !== undefined && !empty && (
        <section class={css.part} aria-labelledby="present-heading">
          <h2 id="present-heading">{words.present}</h2>
          {present.length === 0 && <p class={css.soft}>{words.nonePresent}</p>}
          <ul class={css.list}>
            {present.map((order) => (
              <li key={order.id}>
                <OrderLink order={order} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {past !== undefined && past.length > 0 && (
        <section class={css.part} aria-labelledby="past-heading">
          <h2 id="past-heading">{words.past}</h2>
          <ul class={css.list}>
            {past.map((order) => (
              <li key={order.id}>
                <OrderLink order={order} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {more !== undefined && (
        <Button class={css.more} disabled={loadingMore} onClick={() => void more()}>
          {loadingMore ? words.loadingMore : words.more}
        </Button>
      )}
    </div>
  );
}
