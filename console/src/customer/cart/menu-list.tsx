import { Plus } from 'lucide-preact';
import { won } from '../../text/format.ts';
import { productName } from '../../text/products.ts';
import { Button } from '../../ui/button.tsx';
import { Badge } from '../../ui/small.tsx';
import css from '../page.module.css';
import { ProductIcon } from '../product-icon.tsx';
import { text } from '../text.ts';
import { MAX_LINES, qtyOf, withQty, type Cart, type MenuItem } from './cart.ts';
import { Stepper } from './stepper.tsx';

interface MenuListProps {
  readonly menu: readonly MenuItem[];
  readonly cart: Cart;
  readonly change: (cart: Cart) => void;
  /** The café takes no orders, or an order is on its way: it can only be looked at. */
  readonly onlyLook: boolean;
}

/** What a café sells, each with its price and a way into the cart. */
export function MenuList({ menu, cart, change, onlyLook }: MenuListProps) {
  const { menu: words } = text.now;
  const full = cart.lines.length >= MAX_LINES;
  return (
    <>
      <ul class={css.menu}>
        {menu.map((item) => {
          const { product, price, available } = item;
          const qty = qtyOf(cart, product);
          return (
            <li key={product} class={`${css.item} ${available ? '' : css.itemSoldOut}`}>
              <ProductIcon product={product} />
              <span class={css.itemWords}>
                <b>{productName(product)}</b>
                <span>{won(price)}</span>
                {!available && qty > 0 && <b class={css.badWord}>{words.soldOut}</b>}
              </span>
              {!available && qty === 0 && <Badge>{words.soldOut}</Badge>}
              {available && qty === 0 && (
                <Button
                  class={css.add}
                  aria-label={words.addProduct(productName(product))}
                  disabled={onlyLook || full}
                  onClick={() => change(withQty(cart, item, 1))}
                >
                  <Plus size={18} aria-hidden="true" />
                  {words.add}
                </Button>
              )}
              {qty > 0 && (
                <Stepper
                  product={product}
                  qty={qty}
                  onlyLess={!available}
                  disabled={onlyLook}
                  choose={(next) => change(withQty(cart, item, next))}
                />
              )}
            </li>
          );
        })}
      </ul>
      {full && <p class={css.soft}>{words.full}</p>}
    </>
  );
}
