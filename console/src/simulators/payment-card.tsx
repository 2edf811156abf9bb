import { CreditCard } from 'lucide-preact';
import { count, won } from '../text/format.ts';
import { Badge } from '../ui/small.tsx';
import {
  isWell,
  LOOKUP_MODES,
  PAYMENT_MODES,
  paymentsOf,
  paymentSums,
  REFUND_MODES,
  WELL,
  type Payment,
  type PaymentBook,
  type PaymentKnobs,
} from './books.ts';
import { Card, Choice, Latency, Modes } from './card.tsx';
import css from './page.module.css';
import { text } from './text.ts';
import type { Simulator } from './use-simulator.ts';

interface PaymentCardProps {
  readonly simulator: Simulator<PaymentKnobs, PaymentBook>;
  readonly turn: (change: Partial<PaymentKnobs>) => void;
}

export function PaymentCard({ simulator: { reach, knobs, book }, turn }: PaymentCardProps) {
  const { payment: words, paymentMode, paymentModeSays, refundMode, lookupMode } = text.now;
  return (
    <Card
      title={words.title}
      icon={CreditCard}
      reach={reach}
      present={knobs && paymentModeSays[knobs.mode]}
      look={lookOf(knobs)}
    >
      {knobs && (
        <>
          <Modes
            label={words.charges}
            modes={PAYMENT_MODES}
            names={paymentMode}
            says={paymentModeSays}
            value={knobs.mode}
            choose={(mode) => turn({ mode })}
          />
          {knobs.mode !== 'ok' && (
            <Choice
              label={words.howLong}
              options={[
                { value: 'always', label: words.untilChanged },
                { value: 'next', label: nextLabel(knobs.nextCharges) },
              ]}
              value={knobs.nextCharges === null ? 'always' : 'next'}
              choose={(how) => turn({ nextCharges: how === 'always' ? null : 1 })}
            />
          )}
          <Latency value={knobs.latencyMs} choose={(latencyMs) => turn({ latencyMs })} />
          <Choice
            label={words.refunds}
            options={REFUND_MODES.map((value) => ({ value, label: refundMode[value] }))}
            value={knobs.refundMode}
            choose={(value) => turn({ refundMode: value })}
          />
          <Choice
            label={words.lookups}
            options={LOOKUP_MODES.map((value) => ({ value, label: lookupMode[value] }))}
            value={knobs.lookupMode}
            choose={(value) => turn({ lookupMode: value })}
          />
        </>
      )}
      {book && <Book payments={paymentsOf(book)} />}
    </Card>
  );
}

function nextLabel(nextCharges: number | null): string {
  const { payment: words } = text.now;
  return nextCharges === null || nextCharges === 1 ? words.nextOne : words.nextFew(count(nextCharges));
}

function lookOf(knobs: PaymentKnobs | undefined): 'works' | 'slow' | 'trouble' {
  if (knobs === undefined || isWell(knobs, WELL.payment)) return 'works';
  return isWell({ ...knobs, latencyMs: 0 }, WELL.payment) ? 'slow' : 'trouble';
}

function Book({ payments }: { readonly payments: readonly Payment[] }) {
  const { payment: words, order, amount } = text.now;
  const { taken, returned } = paymentSums(payments);
  return (
    <div>
      <h3>{words.book}</h3>
      {payments.length === 0 ? (
        <p class={css.soft}>{words.nothing}</p>
      ) : (
        <>
          <p class={css.sums}>{words.sums(won(taken), won(returned))}</p>
          <div class={css.scroll} role="region" aria-label={words.book} tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{order}</th>
                  <th scope="col" class={css.number}>
                    {amount}
                  </th>
                  <th scope="col">{words.status}</th>
                  <th scope="col" class={css.number}>
                    {words.attempts}
                  </th>
                </tr>
              </thead>
              <tbody>
                {payments.map((payment) => (
                  <tr key={payment.orderId}>
                    <td>
                      <code title={payment.orderId}>{payment.orderId.slice(0, 8)}</code>
                    </td>
                    <td class={css.number}>{won(payment.amount)}</td>
                    <td>
                      <Outcome payment={payment} />
                    </td>
                    <td class={css.number}>{words.times(count(payment.attempts))}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </div>
  );
}

function Outcome({ payment: { charged, amount, refunded } }: { readonly payment: Payment }) {
  const { payment: words } = text.now;
  if (!charged) return <Badge kind="bad">{words.declined}</Badge>;
  if (refunded === 0) return <Badge kind="good">{words.charged}</Badge>;
  return <Badge kind="warn">{refunded === amount ? words.refunded : words.partly(won(refunded))}</Badge>;
}
