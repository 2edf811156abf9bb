import { Pencil } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { won } from '../../text/format.ts';
import { productName } from '../../text/products.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Note } from '../../ui/note.tsx';
import css from './menu.module.css';
import { priceOf } from './price.ts';
import { Switch } from './switch.tsx';
import { text as boardText } from '../text.ts';
import { text } from './text.ts';
import { Under } from '../under.tsx';
import { useSaveItem, type MenuItem } from './use-save-item.ts';

interface MenuRowProps {
  readonly cafeId: string;
  readonly item: MenuItem;
  readonly saved: (item: MenuItem) => void;
}

/** A product: on sale or sold out at one touch, and its price. */
export function MenuRow({ cafeId, item, saved }: MenuRowProps) {
  const [editing, setEditing] = useState(false);
  const { save, busy, refused } = useSaveItem(cafeId, saved);
  const name = productName(item.product);
  const price = won(item.price);
  return (
    <li class={css.row}>
      <div class={css.rowTop}>
        <b class={css.name}>{name}</b>
        <Button
          big
          look="quiet"
          aria-label={text.now.changePrice(name, price)}
          aria-expanded={editing}
          onClick={() => setEditing(!editing)}
        >
          {price}
          <Pencil size={18} aria-hidden="true" />
        </Button>
        <Switch
          label={text.now.onSale(name)}
          on={item.available}
          busy={busy}
          words={item.available ? text.now.available : text.now.soldOut}
          turn={(available) => void save({ product: item.product, available })}
        />
      </div>
      {refused !== undefined && (
        <Note kind="bad" role="alert">
          <p>{refused}</p>
        </Note>
      )}
      {editing && <PriceForm cafeId={cafeId} item={item} saved={saved} close={() => setEditing(false)} />}
    </li>
  );
}

function PriceForm({ cafeId, item, saved, close }: MenuRowProps & { readonly close: () => void }) {
  const { save, busy, tryingAgain, refused } = useSaveItem(cafeId, saved);
  const [typed, setTyped] = useState(String(item.price));
  const [wrong, setWrong] = useState(false);
  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const price = priceOf(typed);
    setWrong(price === undefined);
    if (price !== undefined && (await save({ product: item.product, price }))) close();
  }
  return (
    <form class={css.form} onSubmit={(event) => void submit(event)}>
      <Field
        label={text.now.editPrice(productName(item.product))}
        hint={text.now.priceHint}
        fault={wrong ? text.now.priceFault : (refused ?? undefined)}
      >
        {(attributes) => (
          <input
            {...attributes}
            inputMode="numeric"
            autocomplete="off"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        )}
      </Field>
      <div class={css.pair}>
        <Button big onClick={close}>
          {boardText.now.back}
        </Button>
        <Button big type="submit" look="primary" aria-disabled={busy}>
          {busy ? <Under again={tryingAgain} /> : text.now.save}
        </Button>
      </div>
    </form>
  );
}
