import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Note } from '../ui/note.tsx';
import type { DeliveryAction } from '../generated/documents.ts';
import type { Asked, DialogOfOrderProps } from './asked.ts';
import { CancelDialog } from './cancel-dialog.tsx';
import { HandOverDialog } from './hand-over-dialog.tsx';
import { orderName } from './order-name.ts';
import { RejectDialog } from './reject-dialog.tsx';
import { text } from './text.ts';

const ACTION: Readonly<Record<Asked['kind'], DeliveryAction>> = {
  reject: 'REJECT',
  handOver: 'HAND_OVER',
  cancel: 'CANCEL',
};

/** What needs a second thought, or a code. */
export function OrderDialog({ kind, ...props }: DialogOfOrderProps & Pick<Asked, 'kind'>) {
  // What somebody else did meanwhile is said instead.
  if (!props.card.delivery.availableActions.includes(ACTION[kind])) return <Meanwhile {...props} />;
  switch (kind) {
    case 'reject':
      return <RejectDialog {...props} />;
    case 'handOver':
      return <HandOverDialog {...props} />;
    case 'cancel':
      return <CancelDialog {...props} />;
    default:
      return kind satisfies never;
  }
}

function Meanwhile({ card: { delivery }, close }: DialogOfOrderProps) {
  return (
    <Dialog
      title={orderName(delivery)}
      onClose={close}
      actions={
        <Button big look="primary" onClick={close}>
          {text.now.close}
        </Button>
      }
    >
      <Note kind="warn" role="alert">
        <p>{text.now.meanwhile(text.now.states[delivery.status])}</p>
      </Note>
    </Dialog>
  );
}
