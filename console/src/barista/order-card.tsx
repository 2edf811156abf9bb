import { useContext, useState } from 'preact/hooks';
import { BoardAcceptDocument, BoardMarkReadyDocument } from '../generated/documents.ts';
import { timeOfDay } from '../text/format.ts';
import { productName } from '../text/products.ts';
import { Button } from '../ui/button.tsx';
import { now } from '../ui/clock.ts';
import { Note } from '../ui/note.tsx';
import { notify } from '../ui/notices.tsx';
import type { Asked } from './asked.ts';
import { shortId, type Card, type Delivery } from './board.ts';
import css from './card.module.css';
import { Countdown, TimeUp } from './countdown.tsx';
import { orderName } from './order-name.ts';
import { isMeant } from './press-guard.ts';
import { text } from './text.ts';
import { Under } from './under.tsx';
import { BoardContext, useDeliveryCommand } from './use-delivery-command.ts';
import { NARROW } from './use-media.ts';

interface OrderCardProps {
  readonly card: Card;
  /** Why something was not done. */
  readonly said: string | undefined;
  readonly ask: (kind: Asked['kind']) => void;
}

/** One order, and what can be done with it now. */
export function OrderCard({ card, said, ask }: OrderCardProps) {
  const { delivery, column, leavesAt } = card;
  const { orderId, queueNumber, lines } = delivery;
  const over = leavesAt !== undefined;
  return (
    <article
      class={`${css.card} ${over ? css.over : ''} ${column === 'new' && !over ? css.fresh : ''}`}
      aria-label={orderName(delivery)}
      data-order={orderId}
      tabIndex={-1}
    >
      <div class={css.head}>
        {queueNumber === null ? (
          <h3 class={css.short}>{shortId(orderId)}</h3>
        ) : (
          <h3 class={css.number}>
            <span class="visually-hidden">{text.now.order(queueNumber)}</span>
            <span aria-hidden="true">{queueNumber}</span>
          </h3>
        )}
        {!over && <When card={card} />}
      </div>
      <ul class={css.lines}>
        {lines.map(({ product, qty }) => (
          <li key={product}>
            <b>{qty}×</b> <span>{productName(product)}</span>
          </li>
        ))}
      </ul>
      {over && <Ended card={card} />}
      {said !== undefined && (
        <Note kind="warn" role="alert">
          <p>{said}</p>
        </Note>
      )}
      {!over && <Actions delivery={delivery} ask={ask} />}
    </article>
  );
}

function When({ card: { delivery, column, since } }: { readonly card: Card }) {
  const { timeZone } = useContext(BoardContext);
  const { acceptBy, readyBy, readyAt } = delivery;
  if (column === 'new') return <Countdown until={acceptBy} since={since} />;
  if (column === 'making' && readyBy !== null) {
    const minutes = Math.ceil((Date.parse(readyBy) - now.value) / 60_000);
    return (
      <p class={`${css.when} ${minutes < 0 ? css.late : ''}`}>
        <b>{text.now.readyBy(timeOfDay(readyBy, timeZone))}</b>
        {minutes < 0 ? text.now.late(-minutes) : text.now.minutesLeft(minutes)}
      </p>
    );
  }
  if (readyAt === null) return null;
  const minutes = Math.max(0, Math.floor((now.value - Date.parse(readyAt)) / 60_000));
  return <p class={css.when}>{text.now.waits(minutes)}</p>;
}

function Ended({ card: { delivery } }: { readonly card: Card }) {
  const { status } = delivery;
  if (status === 'ORDER_GET' || status === 'RECEIVED' || status === 'READY') return null;
  return (
    <Note kind={status === 'PICKED_UP' ? 'good' : 'bad'} role="status">
      <p class={css.ended}>{text.now.ends[status]}</p>
    </Note>
  );
}

function Actions({ delivery, ask }: Pick<OrderCardProps, 'ask'> & { readonly delivery: Delivery }) {
  const can = new Set(delivery.availableActions);
  return (
    <>
      {delivery.status === 'ORDER_GET' && <TimeUp until={delivery.acceptBy} />}
      <div class={css.buttons}>
        {can.has('ACCEPT') && <Accept orderId={delivery.orderId} />}
        {can.has('MARK_READY') && <MarkReady orderId={delivery.orderId} />}
        {can.has('HAND_OVER') && (
          <>
            <p class={css.prompt}>{text.now.askCode}</p>
            <Asking kind="handOver" look="primary" orderId={delivery.orderId} ask={ask} />
          </>
        )}
        {can.has('REJECT') && <Asking kind="reject" look="danger" orderId={delivery.orderId} ask={ask} />}
        {can.has('CANCEL') && <Asking kind="cancel" look="danger" orderId={delivery.orderId} ask={ask} />}
      </div>
    </>
  );
}

interface AskingProps extends Pick<OrderCardProps, 'ask'> {
  readonly kind: Asked['kind'];
  readonly look: 'primary' | 'danger';
  readonly orderId: string;
}

/** Opens the dialog that does it. */
function Asking({ kind, look, orderId, ask }: AskingProps) {
  const label = { handOver: text.now.handOver, reject: text.now.reject, cancel: text.now.cancelOrder }[kind];
  return (
    <Button
      look={look}
      class={look === 'primary' ? css.main : css.aside}
      aria-haspopup="dialog"
      onClick={(event) => isMeant(event, orderId) && ask(kind)}
    >
      {label}
    </Button>
  );
}

const MINUTES = [5, 10, 15, 20] as const;

function Accept({ orderId }: { readonly orderId: string }) {
  const { say } = useContext(BoardContext);
  const { send, busy, tryingAgain } = useDeliveryCommand(BoardAcceptDocument, orderId);
  const [minutes, setMinutes] = useState(10);
  async function accept(): Promise<void> {
    const done = await send({ readyInMinutes: minutes });
    if (done === undefined) return;
    say(orderId, done.refused);
    // On a phone the card has moved to a column that is not in sight.
    if (done.refused !== undefined && matchMedia(NARROW).matches) notify(done.refused, 'warn');
  }
  return (
    <>
      <div class={css.minutes} role="group" aria-label={text.now.readyIn}>
        {MINUTES.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={one === minutes}
            disabled={busy}
            onClick={() => setMinutes(one)}
          >
            <b>{one}</b> <small>{text.now.minutesUnit}</small>
          </button>
        ))}
      </div>
      <Button
        look="primary"
        class={css.main}
        aria-disabled={busy}
        onClick={(event) => isMeant(event, orderId) && void accept()}
      >
        {busy ? <Under again={tryingAgain} /> : text.now.accept(minutes)}
      </Button>
    </>
  );
}

function MarkReady({ orderId }: { readonly orderId: string }) {
  const { say } = useContext(BoardContext);
  const { send, busy, tryingAgain } = useDeliveryCommand(BoardMarkReadyDocument, orderId);
  async function markReady(): Promise<void> {
    const done = await send({});
    if (done !== undefined) say(orderId, done.refused);
  }
  return (
    <Button
      look="primary"
      class={css.main}
      aria-disabled={busy}
      onClick={(event) => isMeant(event, orderId) && void markReady()}
    >
      {busy ? <Under again={tryingAgain} /> : text.now.markReady}
    </Button>
  );
}
