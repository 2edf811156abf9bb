import { HOME_ZONE, timeOfDay, won } from '../../text/format.ts';
import { cafeSideOf, cancelWasRefused, type WholeOrder } from './order.ts';
import css from './order.module.css';
import { text } from './text.ts';

/** How it stands, in a sentence or two and a number to call out; read to screen readers whenever it changes. */
export function Hero({ order }: { readonly order: WholeOrder }) {
  const { status } = order;
  const { queueNumber, pickupCode } = cafeSideOf(order);
  const looks: Readonly<Partial<Record<WholeOrder['status'], string | undefined>>> = {
    READY: css.heroReady,
    PICKED_UP: css.heroDone,
    PAYMENT_FAILED: css.heroEnded,
    REJECTED: css.heroEnded,
    EXPIRED: css.heroEnded,
    CANCELED: css.heroEnded,
    CANCELED_BY_CAFE: css.heroEnded,
    NOT_COLLECTED: css.heroEnded,
  };
  return (
    <div class={`${css.hero} ${looks[status] ?? ''}`} role="status" aria-atomic="true">
      <h1>{text.now.headline[status]}</h1>
      {sentences(order).map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {status === 'READY' && pickupCode !== undefined && (
        <p class={css.code}>
          <span class="visually-hidden">{text.now.code}</span> {pickupCode}
        </p>
      )}
      {(status === 'ACCEPTED' || status === 'READY') && queueNumber !== undefined && (
        <p
          class={status === 'READY' ? css.numberSmall : css.number}
          aria-label={text.now.numberName(queueNumber)}
          role="img"
        >
          <small>{text.now.number}</small>
          {queueNumber}
        </p>
      )}
    </div>
  );
}

function sentences(order: WholeOrder): readonly string[] {
  const { detail: words } = text.now;
  const { status, cafe } = order;
  const away = cafe === null ? [words.cafeAway] : [];
  const refused = cancelWasRefused(order) && (status === 'ACCEPTED' || status === 'READY') ? [words.cancelRefused] : [];
  return [...refused, ...howItStands(order), ...refundOf(order), ...away];
}

function howItStands(order: WholeOrder): readonly string[] {
  const { detail: words } = text.now;
  const { status, payment, cancellation, cafe } = order;
  const { readyBy, pickupCode, reason } = cafeSideOf(order);
  const zone = cafe?.timeZone ?? HOME_ZONE;
  switch (status) {
    case 'PENDING_PAYMENT':
      return [payment.status === 'UNKNOWN' ? words.bankSilent : words.paying];
    case 'PAYMENT_FAILED':
      return [words.notPaid(reasonWords(payment.failureReason ?? ''))];
    case 'PLACED':
      return [
        ...(cancellation.until == null ? [] : [words.waiting(timeOfDay(cancellation.until, zone))]),
        ...(cafe === null ? [] : [words.wait(cafe.waitMinutes)]),
      ];
    case 'CANCEL_REQUESTED':
      return [words.cancelRequested];
    case 'ACCEPTED':
      return [readyBy === undefined ? words.acceptedNoTime : words.accepted(timeOfDay(readyBy, zone))];
    case 'READY':
      return [pickupCode === undefined ? words.readyNoCode : words.ready];
    case 'PICKED_UP':
      return [words.pickedUp];
    case 'NOT_COLLECTED':
      return [words.notCollected];
    case 'REJECTED':
    case 'CANCELED_BY_CAFE':
      return reason === undefined ? [] : [words.rejected(reasonWords(reason))];
    case 'EXPIRED':
    case 'CANCELED':
      return [];
  }
}

function refundOf({ payment }: WholeOrder): readonly string[] {
  const { detail: words } = text.now;
  if (payment.status === 'REFUNDING') return [words.refunding(won(payment.amount))];
  return payment.status === 'REFUNDED' ? [words.refunded(won(payment.refunded))] : [];
}

/** A reason as a bank or a café said it, in the customer's language where it is a known one. */
function reasonWords(reason: string): string {
  const known: Readonly<Record<string, string>> = text.now.reasons;
  return known[reason] ?? reason;
}
