import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { now } from '../../ui/clock.ts';
import { Button, LinkButton } from '../../ui/button.tsx';
import { Note } from '../../ui/note.tsx';
import { minutesAndSeconds, won } from '../../text/format.ts';
import { productName } from '../../text/products.ts';
import css from '../page.module.css';
import { text } from '../text.ts';
import type { Placing, Refusal } from './placing.ts';

export interface RefusalActions {
  /** The same cart, as a new order. */
  readonly tryAgain: () => void;
  /** @param total won, the new one */
  readonly payNew: (total: number) => void;
  readonly takeOut: (products: readonly string[]) => void;
}

interface RefusalNoteProps {
  readonly placing: Extract<Placing, { state: 'refused' }>;
  /** undefined where the cart is not at hand: it is linked to. */
  readonly actions?: RefusalActions;
}

/** Why an order was not placed, and what can be done about it. */
export function RefusalNote({ placing, actions }: RefusalNoteProps) {
  const { placement } = placing;
  const { placing: words } = text.now;
  const element = useRef<HTMLDivElement>(null);
  useEffect(
    function comeIntoSight() {
      // The button that was pressed is gone, and the note may be below the fold.
      element.current?.focus({ preventScroll: true });
      element.current?.scrollIntoView({ block: 'nearest' });
    },
    [placing.at],
  );
  return (
    <div ref={element} class={css.refusal} tabIndex={-1}>
      <Note kind="bad">
        {/* Without the buttons: one of them counts down, and would be read out each second. */}
        <div role="alert" class={css.says}>
          <p>
            <b>{words.refused}.</b> {words.notCharged}
          </p>
          {sentences(placing).map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </div>
        <div class={css.actions}>
          {actions === undefined ? (
            <LinkButton href={`/order/${encodeURIComponent(placement.cafeId)}`}>{words.toCart}</LinkButton>
          ) : (
            wayOut(placing, actions)
          )}
        </div>
      </Note>
    </div>
  );
}

/** These are not got over by paying again. */
const NO_WAY_TO_PAY: ReadonlySet<string | undefined> = new Set([
  'CAFE_CLOSED',
  'CAFE_NOT_FOUND',
  'INVALID_INPUT',
  'IDEMPOTENCY_KEY_REUSED',
]);

/** Whether the note itself has the button that pays, or what comes before it. */
export function hasItsOwnWay(placing: Placing): boolean {
  return placing.state === 'refused' && !NO_WAY_TO_PAY.has(placing.refusals[0]?.code);
}

function productsOf(refusals: readonly Refusal[], code: string): readonly string[] {
  return refusals.flatMap((one) => (one.code === code && one.product !== undefined ? [one.product] : []));
}

function names(products: readonly string[]): string {
  return products.map(productName).join(', ');
}

/** One for each reason; products that share one are in one sentence. */
function sentences({ refusals, placement }: RefusalNoteProps['placing']): readonly string[] {
  const { refusal: words, cart } = text.now;
  const all = refusals.flatMap(function say(one): string | readonly string[] {
    switch (one.code) {
      case 'PAYMENT_DECLINED': {
        const reasons: Readonly<Record<string, string>> = words.reasons;
        const reason = one.reason ?? one.message;
        return [words.declined(reasons[reason] ?? reason), words.declinedHint];
      }
      case 'PAYMENT_UNAVAILABLE':
        return words.unavailable;
      case 'PRICE_CHANGED':
        return words.priceChanged(won(placement.expectedTotal), won(one.total ?? 0));
      case 'ITEM_SOLD_OUT':
        return words.soldOut(names(productsOf(refusals, one.code)));
      case 'ITEM_NOT_FOUND':
        return words.notOnMenu(names(productsOf(refusals, one.code)));
      case 'CAFE_CLOSED':
        return [words.closed, words.closedHint];
      case 'CAFE_NOT_FOUND':
        return words.noCafe;
      case 'IDEMPOTENCY_KEY_REUSED':
        return words.keyReused;
      case 'INVALID_INPUT':
        return one.path.at(-1) === 'phone' ? cart.phoneWrong : words.invalid(one.message);
      default:
        return words.other(one.message);
    }
  });
  return [...new Set(all)];
}

function wayOut({ refusals, placement, at }: RefusalNoteProps['placing'], actions: RefusalActions): ComponentChildren {
  const { refusal: words, placing } = text.now;
  const [first] = refusals;
  if (first === undefined) return null;
  const missing = [...productsOf(refusals, 'ITEM_SOLD_OUT'), ...productsOf(refusals, 'ITEM_NOT_FOUND')];
  if (missing.length > 0) {
    return (
      <Button look="primary" onClick={() => actions.takeOut(missing)}>
        {words.takeOut}
      </Button>
    );
  }
  switch (first.code) {
    case 'PAYMENT_UNAVAILABLE':
      return <TryLater until={at + (first.retryAfterSeconds ?? 0) * 1_000} tryAgain={actions.tryAgain} />;
    case 'PRICE_CHANGED': {
      const { total = placement.expectedTotal } = first;
      return (
        <Button look="primary" onClick={() => actions.payNew(total)}>
          {words.payNew(won(total))}
        </Button>
      );
    }
    case 'CAFE_CLOSED':
    case 'CAFE_NOT_FOUND':
      return <LinkButton href="/order">{words.otherCafe}</LinkButton>;
    case 'IDEMPOTENCY_KEY_REUSED':
      return <LinkButton href="/orders">{placing.myOrders}</LinkButton>;
    case 'INVALID_INPUT':
      return null;
    case 'PAYMENT_DECLINED':
    default:
      return (
        <Button look="primary" onClick={actions.tryAgain}>
          {words.tryAgain}
        </Button>
      );
  }
}

/** @param until in ms since 1970 */
function TryLater({ until, tryAgain }: { readonly until: number; readonly tryAgain: () => void }) {
  const { refusal: words } = text.now;
  const left = (until - now.value) / 1_000;
  return (
    <Button look="primary" disabled={left > 0} onClick={tryAgain}>
      {left > 0 ? words.tryAgainIn(minutesAndSeconds(left)) : words.tryAgain}
    </Button>
  );
}
