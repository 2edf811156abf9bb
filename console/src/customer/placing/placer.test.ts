import type { Outcome } from '../../graph/command.ts';
import { createPlacer } from './placer.ts';
import { readPlacement, SENT_UNASKED, type Placement, type PlacingAnswer } from './placing.ts';

const wanted = { cafeId: '92', lines: [{ product: 'IceAmericano', qty: 1 }], expectedTotal: 2_000, phone: null };

/** A browser that outlives its pages, and a café that answers when it is told to. */
function browser() {
  let kept: string | undefined;
  let keys = 0;
  let clock = 1_000;
  const sent: {
    placement: Placement;
    keptThen: string | undefined;
    trying: () => void;
    answer: (outcome: Outcome<PlacingAnswer>) => void;
  }[] = [];
  const placed: string[] = [];
  return {
    sent,
    placed,
    kept: () => readPlacement(kept)?.key,
    passes: (ms: number) => (clock += ms),
    openPage: () =>
      createPlacer({
        store: { read: () => kept, write: (text) => (kept = text) },
        send: (placement, trying) =>
          new Promise((answer) => sent.push({ placement, keptThen: readPlacement(kept)?.key, trying, answer })),
        newKey: () => `k${++keys}`,
        now: () => clock,
        placed: ({ key }) => placed.push(key),
      }),
  };
}

const ordered: Outcome<PlacingAnswer> = { answer: { orderId: 'o1', refusals: [] } };
const declined: Outcome<PlacingAnswer> = {
  answer: { orderId: 'o1', refusals: [{ code: 'PAYMENT_DECLINED', message: '', path: [], reason: 'card declined' }] },
};
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('A page that places an order', () => {
  it('keeps it before it is sent, and forgets it when it is answered', async () => {
    const { openPage, sent, kept, placed } = browser();
    const page = openPage();
    page.place(wanted);
    expect(sent[0]).toMatchObject({ placement: { ...wanted, key: 'k1' }, keptThen: 'k1' });
    sent[0]!.answer(ordered);
    await settled();
    expect(page.state.value).toMatchObject({ state: 'placed', orderId: 'o1' });
    expect([kept(), placed]).toEqual([undefined, ['k1']]);
  });

  it('sends it once for a double click', () => {
    const { openPage, sent } = browser();
    const page = openPage();
    page.place(wanted);
    page.place(wanted);
    expect(sent).toHaveLength(1);
  });

  it('sends the same again after a reload in between', async () => {
    const { openPage, sent, kept } = browser();
    openPage().place(wanted);
    const reloaded = openPage();
    reloaded.resume();
    expect(sent.map(({ placement }) => placement)).toEqual([sent[0]!.placement, sent[0]!.placement]);
    sent[1]!.answer(ordered);
    await settled();
    expect([reloaded.state.value.state, kept()]).toEqual(['placed', undefined]);
  });

  it('goes on with what another tab left open instead of placing a second one', () => {
    const { openPage, sent } = browser();
    openPage().place(wanted);
    openPage().place({ ...wanted, cafeId: '93' });
    expect(sent.map(({ placement }) => placement.key)).toEqual(['k1', 'k1']);
  });

  it('leaves alone what another tab has begun since', async () => {
    const { openPage, sent, kept } = browser();
    const [one, other] = [openPage(), openPage()];
    one.place(wanted);
    other.resume();
    sent[0]!.answer(ordered);
    await settled();
    one.place(wanted);
    sent[1]!.answer(ordered);
    await settled();
    expect(kept()).toBe('k2');
  });

  it('keeps what got no answer, and sends the same again when it is told to', async () => {
    const { openPage, sent, kept } = browser();
    const page = openPage();
    page.place(wanted);
    sent[0]!.trying();
    expect(page.state.value).toMatchObject({ state: 'sending', again: true });
    sent[0]!.answer({ problem: { kind: 'unreachable' } });
    await settled();
    expect([page.state.value.state, kept()]).toEqual(['unknown', 'k1']);
    page.sendAgain();
    expect(sent[1]!.placement.key).toBe('k1');
  });

  it('takes a new key after a refusal', async () => {
    const { openPage, sent, kept, placed } = browser();
    const page = openPage();
    page.place(wanted);
    sent[0]!.answer(declined);
    await settled();
    expect([page.state.value.state, kept(), placed]).toEqual(['refused', undefined, []]);
    page.place(wanted);
    expect(sent[1]!.placement.key).toBe('k2');
  });

  it('asks before it sends what was left long ago', () => {
    const { openPage, sent, kept, passes } = browser();
    openPage().place(wanted);
    passes(SENT_UNASKED + 1);
    const page = openPage();
    page.resume();
    expect([page.state.value.state, sent.length]).toEqual(['left', 1]);
    page.dismiss();
    expect([page.state.value.state, kept()]).toEqual(['none', undefined]);
  });
});
