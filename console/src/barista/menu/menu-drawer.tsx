import { X } from 'lucide-preact';
import { useId } from 'preact/hooks';
import { Button } from '../../ui/button.tsx';
import { useModal } from '../../ui/use-modal.ts';
import { AddProduct } from './add-product.tsx';
import css from './menu.module.css';
import { MenuRow } from './menu-row.tsx';
import { OpenSwitch } from './open-switch.tsx';
import { text as boardText } from '../text.ts';
import { text } from './text.ts';
import type { Cafe } from '../use-cafe.ts';

interface MenuDrawerProps {
  readonly cafe: Cafe;
  /** How many orders are on the board. */
  readonly unfinished: number;
  readonly changed: (cafe: Cafe) => void;
  readonly close: () => void;
}

/** Opening and menu, beside the board. */
export function MenuDrawer({ cafe, unfinished, changed, close }: MenuDrawerProps) {
  const element = useModal();
  const heading = useId();

  function itemSaved(item: Cafe['menu'][number]): void {
    const there = cafe.menu.some(({ product }) => product === item.product);
    const menu = there ? cafe.menu.map((one) => (one.product === item.product ? item : one)) : [...cafe.menu, item];
    changed({ ...cafe, menu });
  }

  return (
    <dialog
      ref={element}
      class={css.drawer}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => {
        // Beside the drawer.
        if (event.target === element.current) close();
      }}
    >
      <div class={css.inside}>
        <div class={css.top}>
          <h2 id={heading}>{text.now.menuTitle}</h2>
          <Button big look="quiet" aria-label={boardText.now.close} onClick={close}>
            <X size={28} aria-hidden="true" />
          </Button>
        </div>
        <OpenSwitch cafe={cafe} unfinished={unfinished} changed={changed} />
        <h3>{text.now.products}</h3>
        <ul class={css.menu}>
          {cafe.menu.map((item) => (
            <MenuRow key={item.product} cafeId={cafe.id} item={item} saved={itemSaved} />
          ))}
        </ul>
        <AddProduct cafeId={cafe.id} menu={cafe.menu} saved={itemSaved} />
      </div>
    </dialog>
  );
}
