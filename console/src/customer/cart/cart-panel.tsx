import { CreditCard } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { won } from '../../text/format.ts';
import { productName } from '../../text/products.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Note } from '../../ui/note.tsx';
import css from '../page.module.css';
import { OpenNote } from '../placing/open-note.tsx';
import type { Placer } from '../placing/placer.ts';
import { isOpen, type Placement } from '../placing/placing.ts';
import { hasItsOwnWay, RefusalNote } from '../placing/refusal-note.tsx';
import { text } from '../text.ts';
import { CART_ID } from './cart-bar.tsx';
import { CartLines } from './cart-lines.tsx';
import { checkedCart, without, withPricesSeen, type Cart, type MenuItem } from './cart.ts';

interface CartPanelProps {
  readonly cafeId: string;
  readonly cart: Cart;
  readonly change: (cart: Cart) => void;
  /** Undefined while it is not known. */
  readonly menu: readonly MenuItem[] | undefined;
  readonly open: boolean;
  readonly placer: Placer;
  /** How long it would take now; stands beside the button. */
  readonly wait: ComponentChildren;
}

/** The cart with its total, what has changed in it, and the way to pay; what becomes of the order until it stands. */
export function CartPanel({ cafeId, cart, change, menu, open, placer, wait }: CartPanelProps) {
  const { cart: words } = text.now;
  const placing = placer.state.value;
  const refusedHere = placing.state === 'refused' && placing.placement.cafeId === cafeId;
  const busy = placing.state === 'sending';
  const checked = checkedCart(cart, menu);
  const canPay = open && !isOpen(placing) && checked.lines.length > 0 && checked.missing.length === 0;
  const phone = cart.phone.trim();
  const phoneRefused =
    placing.state === 'refused' && placing.refusals.some(({ path }) => path.at(-1) === 'phone')
      ? words.phoneWrong
      : undefined;

  const phoneWanted = phone === '' ? null : phone;
  function pay(): void {
    const lines = cart.lines.map(({ product, qty }) => ({ product, qty }));
    placer.place({ cafeId, lines, expectedTotal: checked.total, phone: phoneWanted });
  }
  /** The refused order as a new one: the cart may be empty, where it comes from an earlier visit. */
  function payAgain({ lines, expectedTotal }: Placement, total = expectedTotal): void {
    placer.place({ cafeId, lines, expectedTotal: total, phone: phoneWanted });
  }
  function takeOut(products: readonly string[]): void {
    placer.dismiss();
    change(without(cart, products));
  }

  return (
    <section class={css.cart} id={CART_ID} aria-labelledby="cart-heading" tabIndex={-1}>
      <h2 id="cart-heading">{words.heading}</h2>
      {checked.lines.length === 0 && !isOpen(placing) ? <p class={css.soft}>{words.empty}</p> : null}
      <CartLines lines={checked.lines} disabled={busy} remove={(product) => takeOut([product])} />
      <div role="status" class={css.stack}>
        {checked.missing.length > 0 && !refusedHere && (
          <Note kind="bad">
            <p>{words.missing(checked.missing.map(productName).join(', '))}</p>
            <Button onClick={() => takeOut(checked.missing)}>{words.remove}</Button>
          </Note>
        )}
        {checked.pricesChanged && menu !== undefined && !refusedHere && (
          <Note kind="warn">
            <p>{words.pricesChanged}</p>
            <Button onClick={() => change(withPricesSeen(cart, menu))}>{words.seen}</Button>
          </Note>
        )}
      </div>
      {checked.lines.length > 0 && (
        <>
          <Field label={words.phone} hint={words.phoneHint} fault={phoneRefused}>
            {(attributes) => (
              <input
                {...attributes}
                type="tel"
                autocomplete="tel"
                maxLength={40}
                value={cart.phone}
                disabled={busy}
                onInput={(event) => change({ ...cart, phone: event.currentTarget.value })}
              />
            )}
          </Field>
          <p class={css.total}>
            <span>{words.total}</span>
            <b>{won(checked.total)}</b>
          </p>
        </>
      )}
      <OpenNote placer={placer} />
      {placing.state === 'refused' && (
        <RefusalNote
          placing={placing}
          {...(refusedHere
            ? {
                actions: {
                  tryAgain: () => payAgain(placing.placement),
                  payNew: (total: number) => payAgain(placing.placement, total),
                  takeOut,
                },
              }
            : {})}
        />
      )}
      {checked.lines.length > 0 && !(refusedHere && hasItsOwnWay(placing)) && (
        <>
          {open && wait}
          <Button look="primary" big class={css.pay} disabled={!canPay && !busy} aria-disabled={busy} onClick={pay}>
            <CreditCard size={20} aria-hidden="true" />
            {busy ? words.paying : words.pay(won(checked.total))}
          </Button>
        </>
      )}
    </section>
  );
}
