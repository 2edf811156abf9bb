import { Field } from '../../ui/field.tsx';
import { text } from './text.ts';

interface PriceFieldProps {
  readonly label: string;
  readonly typed: string;
  readonly type: (typed: string) => void;
  readonly fault: string | undefined;
}

/** Where a price is typed, in won. */
export function PriceField({ label, typed, type, fault }: PriceFieldProps) {
  return (
    <Field label={label} hint={text.now.priceHint} fault={fault}>
      {(attributes) => (
        <input
          {...attributes}
          inputMode="numeric"
          autocomplete="off"
          value={typed}
          onInput={(event) => type(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
