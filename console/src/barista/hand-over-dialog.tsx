import { Delete } from 'lucide-preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { BoardHandOverDocument } from '../generated/documents.ts';
import { productName } from '../text/products.ts';
import { Field } from '../ui/field.tsx';
import type { DialogOfOrderProps } from './asked.ts';
import css from './dialogs.module.css';
import { orderMark } from './order-name.ts';
import { SendingDialog } from './sending-dialog.tsx';
import { text } from './text.ts';
import { useDeliveryCommand } from './use-delivery-command.ts';

/** What codes are made of: nothing that is mistaken for something else, so no 0, O, 1, I or L. */
const KEYS = Array.from('23456789ABCDEFGHJKMNPQRSTUVWXYZ');
const LONGEST = 8;

export function HandOverDialog({ card: { delivery }, close }: DialogOfOrderProps) {
  const { send, busy, tryingAgain } = useDeliveryCommand(BoardHandOverDocument, delivery.orderId);
  const [code, setCode] = useState('');
  const [missing, setMissing] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  function enter(typed: string): void {
    setCode(typed.toUpperCase().slice(0, LONGEST));
    setMissing(false);
  }

  return (
    <SendingDialog
      title={text.now.handOverTitle(orderMark(delivery))}
      look="primary"
      label={text.now.handOver}
      busy={busy}
      tryingAgain={tryingAgain}
      send={async () => {
        const pickupCode = code.trim();
        setMissing(pickupCode === '');
        return pickupCode === '' ? undefined : send({ pickupCode });
      }}
      close={close}
    >
      <p class={css.soft}>
        {delivery.lines.map(({ qty, product }) => text.now.line(qty, productName(product))).join(', ')}
      </p>
      <Field label={text.now.code} hint={text.now.codeHint} fault={missing ? text.now.codeFault : undefined}>
        {(attributes) => (
          <input
            {...attributes}
            ref={field}
            class={css.code}
            // The keys below are larger than those of a screen's keyboard; one with keys of its own works as ever.
            inputMode="none"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            value={code}
            onInput={(event) => enter(event.currentTarget.value)}
          />
        )}
      </Field>
      <div class={css.keypad} role="group" aria-label={text.now.keys}>
        {KEYS.map((key) => (
          <button key={key} type="button" onClick={() => enter(code + key)}>
            {key}
          </button>
        ))}
        <button type="button" aria-label={text.now.erase} onClick={() => enter(code.slice(0, -1))}>
          <Delete size={24} aria-hidden="true" />
        </button>
      </div>
    </SendingDialog>
  );
}
