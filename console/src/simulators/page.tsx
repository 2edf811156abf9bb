import { HeartPulse } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { useTitle } from '../shell/use-title.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { notify } from '../ui/notices.tsx';
import { Empty } from '../ui/small.tsx';
import {
  isWell,
  WELL,
  type HeadquartersBook,
  type HeadquartersKnobs,
  type PaymentBook,
  type PaymentKnobs,
  type SmsKnobs,
} from './books.ts';
import { HeadquartersCard } from './headquarters-card.tsx';
import css from './page.module.css';
import { PaymentCard } from './payment-card.tsx';
import { SmsCard, type Inbox } from './sms-card.tsx';
import { text } from './text.ts';
import { useSimulator } from './use-simulator.ts';

/** The outside systems of the demonstration, to break and to mend. */
export function SimulatorsPage() {
  const payment = useSimulator<PaymentKnobs, PaymentBook>('payment', '/book');
  const sms = useSimulator<SmsKnobs, Inbox>('sms', '/inbox');
  const headquarters = useSimulator<HeadquartersKnobs, HeadquartersBook>('headquarters', '/book');
  const [emptying, setEmptying] = useState(false);
  useTitle(text.now.title);

  const all = [payment, sms, headquarters];
  if (all.every(({ reach }) => reach === 'off')) {
    return (
      <Empty>
        <h1>{text.now.offTitle}</h1>
        <p>{text.now.offWords}</p>
      </Empty>
    );
  }

  const well =
    (payment.knobs === undefined || isWell(payment.knobs, WELL.payment)) &&
    (sms.knobs === undefined || isWell(sms.knobs, WELL.sms)) &&
    (headquarters.knobs === undefined || isWell(headquarters.knobs, WELL.headquarters));

  async function tell(done: Promise<boolean>, words?: string): Promise<void> {
    if (!(await done)) notify(text.now.notDone, 'bad');
    else if (words !== undefined) notify(words, 'good');
  }
  async function mendAll(): Promise<boolean> {
    const done = await Promise.all([
      payment.turn(WELL.payment),
      sms.turn(WELL.sms),
      headquarters.turn(WELL.headquarters),
    ]);
    return done.every(Boolean);
  }
  async function emptyAll(): Promise<boolean> {
    setEmptying(false);
    return (await Promise.all(all.map(async ({ reset }) => reset()))).every(Boolean);
  }

  return (
    <>
      <div class={css.head}>
        <div>
          <h1>{text.now.title}</h1>
          <p class={css.soft}>{text.now.lead}</p>
        </div>
        <div class={css.mend}>
          <span role="status">{well ? text.now.noTrouble : text.now.someTrouble}</span>
          <Button look={well ? 'plain' : 'primary'} onClick={() => void tell(mendAll(), text.now.allWellDone)}>
            <HeartPulse size={18} aria-hidden="true" />
            {text.now.allWell}
          </Button>
        </div>
      </div>
      <div class={css.cards}>
        <PaymentCard simulator={payment} turn={(change) => void tell(payment.turn(change))} />
        <SmsCard simulator={sms} turn={(change) => void tell(sms.turn(change))} />
        <HeadquartersCard simulator={headquarters} turn={(change) => void tell(headquarters.turn(change))} />
      </div>
      <div class={css.foot}>
        <Button look="danger" onClick={() => setEmptying(true)}>
          {text.now.emptyBooks}
        </Button>
      </div>
      {emptying && (
        <Dialog
          title={text.now.emptyTitle}
          onClose={() => setEmptying(false)}
          actions={
            <>
              <Button onClick={() => setEmptying(false)}>{text.now.emptyNo}</Button>
              <Button look="danger" onClick={() => void tell(emptyAll(), text.now.emptied)}>
                {text.now.emptyYes}
              </Button>
            </>
          }
        >
          <p>{text.now.emptyWords}</p>
        </Dialog>
      )}
    </>
  );
}
