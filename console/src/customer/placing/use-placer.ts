import { useEffect } from 'preact/hooks';
import { PlaceOrderDocument, type PlaceOrderMutation } from '../../generated/documents.ts';
import { command, type Outcome } from '../../graph/command.ts';
import { newKey } from '../../graph/new-key.ts';
import { person } from '../../shell/session.ts';
import { keep, kept } from '../../shell/storage.ts';
import { emptyCartOf } from '../cart/cart-store.ts';
import { createPlacer, type Placer } from './placer.ts';
import type { Placement, PlacingAnswer, Refusal } from './placing.ts';

/** Between the ends of long fruitless rounds and the next, in ms. */
const NEXT_ROUND = 5_000;

/** They outlive their pages: an order on its way goes on while another page is looked at. */
const placers = new Map<string, Placer>();

function placerOf(subject: string): Placer {
  let placer = placers.get(subject);
  if (placer === undefined) {
    const place = `cafe.placing.${subject}`;
    placer = createPlacer({
      store: { read: () => kept(place), write: (text) => void keep(place, text) },
      send: (placement, trying) => send(subject, placement, trying),
      newKey,
      now: Date.now,
      placed: ({ cafeId }) => emptyCartOf(subject, cafeId),
    });
    placers.set(subject, placer);
  }
  return placer;
}

async function send(subject: string, placement: Placement, trying: () => void): Promise<Outcome<PlacingAnswer>> {
  const { key, cafeId, lines, expectedTotal, phone } = placement;
  const input = { idempotencyKey: key, cafeId, lines, expectedTotal, phone };
  // It is this person's to pay: who signed in meanwhile does not go on with it.
  if (person.value?.subject !== subject) return { problem: { kind: 'signedOut' } };
  const outcome = await command(PlaceOrderDocument, { input }, { trying });
  return outcome.answer === undefined ? outcome : { answer: answerOf(outcome.answer) };
}

function answerOf({ placeOrder: { order, userErrors } }: PlaceOrderMutation): PlacingAnswer {
  return {
    orderId: order?.id,
    refusals: userErrors.map((one): Refusal => ({ ...one, path: one.path ?? [] })),
  };
}

/** What places this person's orders; goes on with what a visit before left open. */
export function usePlacer(subject: string): Placer {
  const placer = placerOf(subject);
  const { state } = placer.state.value;
  useEffect(() => placer.resume(), [placer]);
  useEffect(
    function sendAgainLater() {
      const now = placer.state.value;
      if (now.state !== 'unknown' || now.problem.kind === 'failed' || now.problem.kind === 'forbidden')
        return undefined;
      const timer = setTimeout(placer.sendAgain, NEXT_ROUND);
      addEventListener('online', placer.sendAgain);
      return function stop() {
        clearTimeout(timer);
        removeEventListener('online', placer.sendAgain);
      };
    },
    [placer, state],
  );
  return placer;
}
