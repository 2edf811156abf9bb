import { X } from 'lucide-preact';
import { won } from '../../text/format.ts';
import { productName } from '../../text/products.ts';
import { Button } from '../../ui/button.tsx';
import css from '../page.module.css';
import { text } from '../text.ts';
import type { CheckedLine } from './cart.ts';

interface CartLinesProps {
  readonly lines: readonly CheckedLine[];
  readonly remove: (product: string) => void;
  readonly disabled: boolean;
}

/** The lines of a cart at present prices, each with what has become of it. */
export function CartLines({ lines, remove, disabled }: CartLinesProps) {
  const { cart: words } = text.now;
  return (
    <ul class={css.lines}>
      {lines.map((line) => {
        const name = productName(line.product);
        const canBeHad = line.state === 'fine' || line.state === 'priceChanged';
        return (
          <li key={line.product} class={css.line}>
            <span class={css.lineWords}>
              <b>
                {name} × {line.qty}
              </b>
              {line.state === 'priceChanged' && (
                <span class={css.warnWord}>{words.was(won(line.was), won(line.price))}</span>
              )}
              {line.state === 'fine' && line.qty > 1 && <span class={css.soft}>{words.each(won(line.price))}</span>}
              {line.state === 'soldOut' && <span class={css.badWord}>{words.soldOut}</span>}
              {line.state === 'gone' && <span class={css.badWord}>{words.gone}</span>}
            </span>
            <span class={canBeHad ? css.amount : css.amountGone}>{won(line.price * line.qty)}</span>
            <Button
              look="quiet"
              class={css.icon}
              aria-label={`${words.remove}: ${name}`}
              disabled={disabled}
              onClick={() => remove(line.product)}
            >
              <X size={18} aria-hidden="true" />
            </Button>
          </li>
        );
      })}
    </ul>
  );
}
