import { useState } from 'preact/hooks';
import { BoardRejectDocument, type RejectReason } from '../generated/documents.ts';
import { Field } from '../ui/field.tsx';
import type { DialogOfOrderProps } from './asked.ts';
import css from './dialogs.module.css';
import { orderMark } from './order-name.ts';
import { SendingDialog } from './sending-dialog.tsx';
import { text } from './text.ts';
import { useDeliveryCommand } from './use-delivery-command.ts';

const REASONS: readonly RejectReason[] = ['SOLD_OUT', 'TOO_BUSY', 'CLOSING_SOON', 'OTHER'];

export function RejectDialog({ card: { delivery }, close }: DialogOfOrderProps) {
  const { send, busy, tryingAgain } = useDeliveryCommand(BoardRejectDocument, delivery.orderId);
  const [reason, setReason] = useState<RejectReason>('SOLD_OUT');
  const [note, setNote] = useState('');
  return (
    <SendingDialog
      title={text.now.rejectTitle(orderMark(delivery))}
      look="danger"
      label={text.now.rejectDo}
      busy={busy}
      tryingAgain={tryingAgain}
      send={() => send({ reason, note: note.trim() === '' ? null : note.trim() })}
      close={close}
    >
      <fieldset class={css.reasons}>
        <legend>{text.now.rejectWhy}</legend>
        {REASONS.map((one) => (
          <label key={one}>
            <input type="radio" name="reason" value={one} checked={one === reason} onChange={() => setReason(one)} />
            {text.now.reasons[one]}
          </label>
        ))}
      </fieldset>
      <Field label={text.now.note} hint={text.now.noteHint}>
        {(attributes) => (
          <input
            {...attributes}
            class={css.text}
            maxLength={500}
            autocomplete="off"
            value={note}
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        )}
      </Field>
      <p class={css.soft}>{text.now.refundNote}</p>
    </SendingDialog>
  );
}
