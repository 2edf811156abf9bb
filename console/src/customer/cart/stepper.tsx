import { Minus, Plus } from 'lucide-preact';
import { productName } from '../../text/products.ts';
import css from '../page.module.css';
import { text } from '../text.ts';
import { MAX_QTY } from './cart.ts';

interface StepperProps {
  readonly product: string;
  readonly qty: number;
  readonly choose: (qty: number) => void;
  /** No more of it can be had: only less is offered. */
  readonly onlyLess?: boolean;
  readonly disabled?: boolean;
}

/** How many of a product are in the cart: less, the number, more. */
export function Stepper({ product, qty, choose, onlyLess = false, disabled = false }: StepperProps) {
  const { menu: words } = text.now;
  const name = productName(product);
  return (
    <span class={css.stepper}>
      <button type="button" aria-label={words.less(name)} disabled={disabled} onClick={() => choose(qty - 1)}>
        <Minus size={20} aria-hidden="true" />
      </button>
      <output aria-label={words.qty(name, qty)}>{qty}</output>
      <button
        type="button"
        aria-label={words.more(name)}
        disabled={disabled || onlyLess || qty >= MAX_QTY}
        onClick={() => choose(qty + 1)}
      >
        <Plus size={20} aria-hidden="true" />
      </button>
    </span>
  );
}
