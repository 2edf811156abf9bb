import { useEffect, useState } from 'preact/hooks';
import { won } from '../../text/format.ts';
import css from '../page.module.css';
import { text } from '../text.ts';

export const CART_ID = 'cart';

interface CartBarProps {
  /** Pieces. */
  readonly count: number;
  /** Won. */
  readonly total: number;
  /** Something in it is not to be had any more. */
  readonly missing: boolean;
}

/** On a phone, what is in the cart, and the way to it while it is out of sight. */
export function CartBar({ count, total, missing }: CartBarProps) {
  const [inSight, setInSight] = useState(false);
  useEffect(function watch() {
    const cart = document.getElementById(CART_ID);
    if (cart === null) return undefined;
    // A sliver of it is not enough to read the total.
    const observer = new IntersectionObserver(([entry]) => setInSight(entry?.isIntersecting === true), {
      rootMargin: '0px 0px -20% 0px',
    });
    observer.observe(cart);
    return () => observer.disconnect();
  }, []);
  if (inSight) return null;
  return (
    <a class={css.bar} href={`#${CART_ID}`} target="_self">
      <span>{missing ? text.now.cart.showMissing : text.now.cart.show(count)}</span>
      <b>{won(total)}</b>
    </a>
  );
}
