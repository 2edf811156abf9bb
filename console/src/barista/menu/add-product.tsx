import { Plus } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Note } from '../../ui/note.tsx';
import { notify } from '../../ui/notices.tsx';
import css from './menu.module.css';
import { priceOf } from './price.ts';
import { PriceField } from './price-field.tsx';
import { text as boardText } from '../text.ts';
import { text } from './text.ts';
import { Under } from '../under.tsx';
import { useSaveItem, type MenuItem } from './use-save-item.ts';

interface AddProductProps {
  readonly cafeId: string;
  readonly menu: readonly MenuItem[];
  readonly saved: (item: MenuItem) => void;
}

const MAX_NAME = 100;

export function AddProduct(props: AddProductProps) {
  const [open, setOpen] = useState(false);
  if (open) return <Form {...props} close={() => setOpen(false)} />;
  return (
    <Button big onClick={() => setOpen(true)}>
      <Plus size={22} aria-hidden="true" />
      {text.now.add}
    </Button>
  );
}

function Form({ cafeId, menu, saved, close }: AddProductProps & { readonly close: () => void }) {
  const { save, busy, tryingAgain, refused } = useSaveItem(cafeId, saved);
  const [name, setName] = useState('');
  const [typed, setTyped] = useState('');
  const [tried, setTried] = useState(false);
  const product = name.trim();
  const price = priceOf(typed);
  const nameFault = faultOf(product, menu);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    setTried(true);
    if (nameFault !== undefined || price === undefined) return;
    if (await save({ product, price })) {
      notify(text.now.saved(product), 'good');
      close();
    }
  }

  return (
    <form class={css.form} onSubmit={(event) => void submit(event)}>
      <h3>{text.now.add}</h3>
      <Field label={text.now.product} fault={tried ? nameFault : undefined}>
        {(attributes) => (
          <input
            {...attributes}
            maxLength={MAX_NAME}
            autocomplete="off"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        )}
      </Field>
      <PriceField
        label={text.now.price}
        typed={typed}
        type={setTyped}
        fault={tried && price === undefined ? text.now.priceFault : undefined}
      />
      {refused !== undefined && (
        <Note kind="bad" role="alert">
          <p>{refused}</p>
        </Note>
      )}
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

function faultOf(product: string, menu: readonly MenuItem[]): string | undefined {
  if (product === '' || Array.from(product).length > MAX_NAME) return text.now.productFault;
  return menu.some((item) => item.product === product) ? text.now.productThere : undefined;
}
