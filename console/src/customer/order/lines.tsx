import { RotateCcw } from 'lucide-preact';
import { useLocation } from 'preact-iso';
import { won } from '../../text/format.ts';
import { productName } from '../../text/products.ts';
import { Button } from '../../ui/button.tsx';
import { cartOf, setCart } from '../cart/cart-store.ts';
import { emptyCart, qtyOf, withQty } from '../cart/cart.ts';
import { hasEnded, type WholeOrder } from './order.ts';
import css from './order.module.css';
import { text } from './text.ts';

/** What was ordered, and a way to have it once more. */
export function Lines({ order, subject }: { readonly order: WholeOrder; readonly subject: string }) {
  const { lines: words } = text.now;
  const { route } = useLocation();
  const { place, lines, total } = order;
  const cafeId = place?.id;
  function again(toCafe: string): void {
    const start = { ...emptyCart, phone: cartOf(subject, toCafe).phone };
    const cart = lines.reduce(
      (sum, { product, qty, unitPrice }) => withQty(sum, { product, price: unitPrice }, qtyOf(sum, product) + qty),
      start,
    );
    setCart(subject, toCafe, cart);
    route(`/order/${encodeURIComponent(toCafe)}`);
  }
  return (
    <section class={css.card} aria-labelledby="lines-heading">
      <h2 id="lines-heading">{words.heading}</h2>
      <ul class={css.lines}>
        {lines.map(({ product, qty, total: sum }, index) => (
          <li key={index}>
            <span>
              {productName(product)} × {qty}
            </span>
            <span>{won(sum)}</span>
          </li>
        ))}
      </ul>
      <p class={css.total}>
        <span>{words.total}</span>
        <b>{won(total)}</b>
      </p>
      {cafeId !== undefined && (
        <Button look={hasEnded(order.status) ? 'primary' : 'plain'} onClick={() => again(cafeId)}>
          <RotateCcw size={18} aria-hidden="true" />
          {words.again}
        </Button>
      )}
    </section>
  );
}
