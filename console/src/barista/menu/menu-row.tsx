import { Pencil } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { won } from '../../text/format.ts';
import { productName } from '../../text/products.ts';
import { Button } from '../../ui/button.tsx';
import { Note } from '../../ui/note.tsx';
import css from './menu.module.css';
import { priceOf } from './price.ts';
import { PriceField } from './price-field.tsx';
import { Switch } from './switch.tsx';
import { text as boardText } from '../text.ts';
import { text } from './text.ts';
import { Under } from '../under.tsx';
import { useSaveItem, type MenuItem, type SavingItem } from './use-save-item.ts';

interface MenuRowProps {
  readonly cafeId: string;
  readonly item: MenuItem;
  readonly saved: (item: MenuItem) => void;
}

/** A product: on sale or sold out at one touch, and its price. */
export function MenuRow({ cafeId, item, saved }: MenuRowProps) {
  const [editing, setEditing] = useState(false);
  const saving = useSaveItem(cafeId, saved);
  const { save, busy, refused } = saving;
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
      {refused !== undefined && !editing && (
        <Note kind="bad" role="alert">
          <p>{refused}</p>
        </Note>
      )}
      {editing && <PriceForm item={item} saving={saving} close={() => setEditing(false)} />}
    </li>
  );
}

interface PriceFormProps {
  readonly item: MenuItem;
  readonly saving: SavingItem;
  readonly close: () => void;
}

function PriceForm({ item, saving: { save, busy, tryingAgain, refused }, close }: PriceFormProps) {
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
      <PriceField
        label={text.now.editPrice(productName(item.product))}
        typed={typed}
        type={setTyped}
        fault={wrong ? text.now.priceFault : refused}
      />
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
