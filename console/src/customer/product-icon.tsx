import { CakeSlice, Coffee, Croissant, CupSoda, IceCreamBowl, Leaf } from 'lucide-preact';
import css from './page.module.css';

/** What a name tells; a café may sell anything, and most of it is coffee. */
const kinds = [
  [/gelato|ice ?cream/i, IceCreamBowl, css.tintBerry],
  [/cake|tart|pie/i, CakeSlice, css.tintBerry],
  [/croissant|bagel|bun|bread|scone|cookie|sandwich/i, Croissant, css.tintGrain],
  [/smoothie|ade|juice/i, CupSoda, css.tintBerry],
  [/tea|yuzu/i, Leaf, css.tintLeaf],
  [/ice|cold|nitro/i, CupSoda, css.tintCool],
] as const;

/** A small picture for a product. */
export function ProductIcon({ product }: { readonly product: string }) {
  const [, Icon, tint] = kinds.find(([words]) => words.test(product)) ?? [undefined, Coffee, css.tintCoffee];
  return (
    <span class={`${css.picture} ${tint}`} aria-hidden="true">
      <Icon size={24} />
    </span>
  );
}
