import { useState } from 'preact/hooks';
import { BoardCancelDocument } from '../generated/documents.ts';
import { Field } from '../ui/field.tsx';
import type { DialogOfOrderProps } from './asked.ts';
import css from './dialogs.module.css';
import { orderMark } from './order-name.ts';
import { SendingDialog } from './sending-dialog.tsx';
import { text } from './text.ts';
import { useDeliveryCommand } from './use-delivery-command.ts';

export function CancelDialog({ card: { delivery }, close }: DialogOfOrderProps) {
  const { send, busy, tryingAgain } = useDeliveryCommand(BoardCancelDocument, delivery.orderId);
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  function choose(words: string): void {
    setReason(words);
    setMissing(false);
  }
  return (
    <SendingDialog
      title={text.now.cancelTitle(orderMark(delivery))}
      look="danger"
      label={text.now.cancelDo}
      busy={busy}
      tryingAgain={tryingAgain}
      send={async () => {
        setMissing(reason.trim() === '');
        return reason.trim() === '' ? undefined : send({ reason: reason.trim() });
      }}
      close={close}
    >
      <div class={css.picks}>
        {Object.entries(text.now.cancelReasons).map(([key, words]) => (
          <button key={key} type="button" aria-pressed={reason === words} onClick={() => choose(words)}>
            {words}
          </button>
        ))}
      </div>
      <Field
        label={text.now.cancelReason}
        hint={text.now.cancelReasonHint}
        fault={missing ? text.now.cancelReasonFault : undefined}
      >
        {(attributes) => (
          <input
            {...attributes}
            class={css.text}
            maxLength={500}
            autocomplete="off"
            value={reason}
            onInput={(event) => choose(event.currentTarget.value)}
          />
        )}
      </Field>
      <p class={css.soft}>{text.now.refundNote}</p>
    </SendingDialog>
  );
}
