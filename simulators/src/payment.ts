/** The payment provider: charges and refunds by idempotency key, with a book that tells what really happened. */
import { z } from 'zod';
import { BadCall, checked, createSimulator, ok, sameKey, SILENCE, type Answer, type Simulator } from './http.ts';
import { openJournal, type Book, type Journal } from './journal.ts';
import { after, createKnobs, latencyMs } from './knobs.ts';

interface Charge {
  readonly key: string;
  readonly status: 'CHARGED' | 'DECLINED';
  /** Won. */
  readonly amount: number;
  readonly orderId: string;
  readonly reason?: string;
}

interface Refund {
  readonly key: string;
  readonly status: 'REFUNDED';
  readonly chargeKey: string;
  /** Won. */
  readonly amount: number;
}

const key = z.string().min(1).max(200);
const amount = z.int().min(1);
const chargeInput = z.object({ key, amount, orderId: z.string().min(1).max(200) });
const refundInput = z.object({ key, chargeKey: key, amount });

const knobShape = {
  /**
   * How charges go. fail: 500, not done. hang: no answer, not done. lose: charged, the answer never comes.
   * lose-declined: declined and kept, the answer never comes. coin: every other charge or so is declined.
   */
  mode: z.enum(['ok', 'decline', 'fail', 'hang', 'lose', 'lose-declined', 'coin']),
  refundMode: z.enum(['ok', 'fail', 'hang', 'lose']),
  /** How look-ups by key go. */
  lookupMode: z.enum(['ok', 'fail', 'hang']),
  latencyMs,
  /** The mode holds for this many charges, then it is ok again; null: it stays. */
  nextCharges: z.int().min(1).nullable(),
};

/**
 * @param random gives numbers of [0, 1) for the coin
 * @param journal keeps the books
 */
export function createPaymentSimulator({
  random = Math.random,
  journal = openJournal(),
}: { random?: () => number; journal?: Journal } = {}): Simulator {
  const charges = journal.book<Charge>('charges');
  const refunds = journal.book<Refund>('refunds');
  const refundedOf = journal.book<number>('refunded of');
  const chargeAttempts = journal.book<number>('charge attempts');
  const refundAttempts = journal.book<number>('refund attempts');
  const knobs = createKnobs(
    knobShape,
    { mode: 'ok', refundMode: 'ok', lookupMode: 'ok', latencyMs: 0, nextCharges: null },
    // A new mode stays until further notice unless the same change says how long.
    (change) => (change.mode === undefined ? change : { nextCharges: null, ...change }),
  );

  function modeOfNextCharge(): (typeof knobs.now)['mode'] {
    const { mode, nextCharges } = knobs.now;
    if (nextCharges === 1) knobs.turn({ mode: 'ok', nextCharges: null });
    else if (nextCharges !== null) knobs.turn({ nextCharges: nextCharges - 1 });
    return mode;
  }

  function charge(input: z.output<typeof chargeInput>): Answer | typeof SILENCE {
    count(chargeAttempts, input.key);
    const mode = modeOfNextCharge();
    if (mode === 'fail') throw new BadCall(500, 'the payment system failed; nothing was charged');
    if (mode === 'hang') return SILENCE;
    const known = charges.get(input.key);
    if (known && known.amount !== input.amount) {
      throw new BadCall(409, `key: used before with amount ${known.amount}`, 'key');
    }
    const declined = mode === 'decline' || mode === 'lose-declined' || (mode === 'coin' && !(random() > 0.5));
    const made = known ?? (declined ? { ...input, status: 'DECLINED', reason: 'card declined' } : charged(input));
    charges.set(input.key, made);
    return mode === 'lose' || mode === 'lose-declined' ? SILENCE : chargeAnswer(made);
  }

  function refund(input: z.output<typeof refundInput>): Answer | typeof SILENCE {
    count(refundAttempts, input.key);
    const { refundMode } = knobs.now;
    if (refundMode === 'fail') throw new BadCall(500, 'the payment system failed; nothing was refunded');
    if (refundMode === 'hang') return SILENCE;
    const made = refunds.get(input.key) ?? refunded(input);
    if (made.amount !== input.amount || made.chargeKey !== input.chargeKey) {
      throw new BadCall(409, `key: used before for ${made.amount} of ${made.chargeKey}`, 'key');
    }
    return refundMode === 'lose' ? SILENCE : ok(refundBody(made));
  }

  function refunded(input: z.output<typeof refundInput>): Refund {
    const of = charges.get(input.chargeKey);
    if (of?.status !== 'CHARGED') throw new BadCall(422, `chargeKey: no charge "${input.chargeKey}"`, 'chargeKey');
    const before = refundedOf.get(of.key) ?? 0;
    if (before + input.amount > of.amount) {
      throw new BadCall(422, `amount: ${before} of ${of.amount} are refunded already`, 'amount');
    }
    const made: Refund = { ...input, status: 'REFUNDED' };
    refunds.set(made.key, made);
    refundedOf.set(of.key, before + made.amount);
    return made;
  }

  function lookUp<T>(book: Book<T>, name: string, answer: (found: T) => Answer): Answer | typeof SILENCE {
    if (knobs.now.lookupMode === 'fail') throw new BadCall(500, 'the payment system failed');
    if (knobs.now.lookupMode === 'hang') return SILENCE;
    const found = book.get(name);
    if (!found) throw new BadCall(404, `key: "${name}" is unknown`, 'key');
    return answer(found);
  }

  return createSimulator({
    'POST /charges': (call) => {
      const input = checked(chargeInput, call.body);
      sameKey(call, input.key);
      return after(knobs.now.latencyMs, () => charge(input));
    },
    // A look-up of a declined charge answers 200: the question was answered, the status says how the charge went.
    'GET /charges/:key': (call) =>
      after(knobs.now.latencyMs, () => lookUp(charges, call.key, (found) => ok(chargeBody(found)))),
    'POST /refunds': (call) => {
      const input = checked(refundInput, call.body);
      sameKey(call, input.key);
      return after(knobs.now.latencyMs, () => refund(input));
    },
    'GET /refunds/:key': (call) =>
      after(knobs.now.latencyMs, () => lookUp(refunds, call.key, (found) => ok(refundBody(found)))),
    'GET /book': () =>
      ok({
        charges: [...charges.values()],
        refunds: [...refunds.values()],
        chargeAttempts: Object.fromEntries(chargeAttempts),
        refundAttempts: Object.fromEntries(refundAttempts),
      }),
    'POST /reset': () => {
      for (const book of [charges, refunds, refundedOf, chargeAttempts, refundAttempts]) book.clear();
      knobs.reset();
      return ok({ status: 'reset' });
    },
    ...knobs.routes,
  });
}

const charged = (input: z.output<typeof chargeInput>): Charge => ({ ...input, status: 'CHARGED' });

const chargeBody = ({ key: of, status, amount: won, reason }: Charge): object =>
  status === 'CHARGED' ? { key: of, status, amount: won } : { key: of, status, reason };

const chargeAnswer = (made: Charge): Answer => ({
  status: made.status === 'CHARGED' ? 200 : 402,
  body: chargeBody(made),
});

const refundBody = ({ key: of, status, amount: won }: Refund): object => ({ key: of, status, amount: won });

function count(attempts: Book<number>, of: string): void {
  attempts.set(of, (attempts.get(of) ?? 0) + 1);
}
