/** Headquarters: takes the sums of a café's business day, revision by revision, and answers yes or no. */
import { z } from 'zod';
import { BadCall, checked, createSimulator, ok, SILENCE, type Answer, type Simulator } from './http.ts';
import { openJournal, type Journal } from './journal.ts';
import { after, createKnobs, latencyMs } from './knobs.ts';

const salesTransferred = z.object({
  cafeId: z.string().min(1).max(40),
  businessDate: z.string().regex(/^\d{8}$/, 'expected yyyymmdd'),
  revision: z.int().min(1),
  /** Won; below zero on a day whose corrections exceed its sales. */
  salesSum: z.int(),
  salesQty: z.int(),
  orderCount: z.int(),
});
type SalesTransferred = z.output<typeof salesTransferred>;

type Verdict = { readonly accepted: true } | { readonly accepted: false; readonly reason: string };

const knobShape = {
  /** reject: an answer of no. coin: no about half of the time. fail: 500, not kept. hang: no answer, not kept. lose: kept, the answer never comes. */
  mode: z.enum(['ok', 'reject', 'coin', 'fail', 'hang', 'lose']),
  latencyMs,
};

/**
 * @param random gives numbers of [0, 1) for the coin
 * @param journal keeps the book
 */
export function createHeadquartersSimulator({
  random = Math.random,
  journal = openJournal(),
}: { random?: () => number; journal?: Journal } = {}): Simulator {
  /** All that was judged, in the order of its arrival; a repeated key that was accepted before is not listed again. */
  const transfers = journal.book<SalesTransferred & Verdict>('transfers');
  const accepted = new Set<string>();
  const current = new Map<string, SalesTransferred>();
  const knobs = createKnobs(knobShape, { mode: 'ok', latencyMs: 0 });

  function receive(sums: SalesTransferred): Answer | typeof SILENCE {
    const { mode } = knobs.now;
    if (mode === 'fail') throw new BadCall(500, 'headquarters failed; nothing was kept');
    if (mode === 'hang') return SILENCE;
    const key = keyOf(sums);
    // Only a yes is bound to its key: who was told no may send the same revision again and be judged anew.
    if (!accepted.has(key)) {
      if (mode === 'reject' || (mode === 'coin' && !(random() > 0.5))) {
        const no = { accepted: false, reason: 'rejected by headquarters' } as const;
        keep({ ...sums, ...no });
        return ok(no);
      }
      keep({ ...sums, accepted: true });
      take(sums);
    }
    return mode === 'lose' ? SILENCE : ok({ accepted: true });
  }

  function keep(transfer: SalesTransferred & Verdict): void {
    transfers.set(String(transfers.size + 1), transfer);
  }

  function take(sums: SalesTransferred): void {
    accepted.add(keyOf(sums));
    const day = `${sums.cafeId}:${sums.businessDate}`;
    if (sums.revision > (current.get(day)?.revision ?? 0)) current.set(day, sums);
  }

  for (const { accepted: yes, ...sums } of transfers.values()) if (yes) take(sums);

  return createSimulator({
    'POST /sales-transfers': (call) => {
      const sums = checked(salesTransferred, call.body);
      const key = call.header('idempotency-key');
      if (key !== keyOf(sums)) {
        const told = key === undefined ? 'missing' : `"${key}"`;
        throw new BadCall(400, `Idempotency-Key: ${told}, expected "${keyOf(sums)}"`, 'Idempotency-Key');
      }
      return after(knobs.now.latencyMs, () => receive(sums));
    },
    'GET /book': ({ query }) => {
      const asked = ({ cafeId, businessDate }: SalesTransferred): boolean =>
        (query.get('cafeId') ?? cafeId) === cafeId && (query.get('businessDate') ?? businessDate) === businessDate;
      return ok({ transfers: [...transfers.values()].filter(asked), current: [...current.values()].filter(asked) });
    },
    'POST /reset': () => {
      transfers.clear();
      accepted.clear();
      current.clear();
      knobs.reset();
      return ok({ status: 'reset' });
    },
    ...knobs.routes,
  });
}

const keyOf = ({ cafeId, businessDate, revision }: SalesTransferred): string => `${cafeId}:${businessDate}:${revision}`;
