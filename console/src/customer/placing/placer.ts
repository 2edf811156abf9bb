import { signal, type ReadonlySignal } from '@preact/signals';
import type { Outcome } from '../../graph/command.ts';
import {
  isOpen,
  readPlacement,
  step,
  type Placement,
  type Placing,
  type PlacingAnswer,
  type PlacingEvent,
} from './placing.ts';

export interface PlacerParts {
  /** Where the open placement of this person is kept, for all of their tabs. */
  readonly store: { read(): string | undefined; write(text: string | undefined): void };
  /** Sends it until it is answered, or for so long that it is told. @param trying when a try got no answer */
  readonly send: (placement: Placement, trying: () => void) => Promise<Outcome<PlacingAnswer>>;
  readonly newKey: () => string;
  /** In ms since 1970. */
  readonly now: () => number;
  /** The order stands: the cart is not wanted any more. */
  readonly placed: (placement: Placement) => void;
}

export interface Placer {
  readonly state: ReadonlySignal<Placing>;
  /** Forms the intention, keeps it, and sends it; does nothing but that of an earlier one while the outcome of that is open. */
  place(wanted: Omit<Placement, 'key' | 'at'>): void;
  /** Goes on with what an earlier visit, or another tab, left open. */
  resume(): void;
  /** Sends what is left or unknown once more. */
  sendAgain(): void;
  /** Forgets a refusal, or what is left or unknown. */
  dismiss(): void;
}

/** Places one order at a time, each exactly once, whatever happens to the page in between. */
export function createPlacer({ store, send, newKey, now, placed }: PlacerParts): Placer {
  const state = signal<Placing>({ state: 'none' });

  function tell(event: PlacingEvent): void {
    const before = state.value;
    const after = step(before, event);
    if (after === before) return;
    if (after.state === 'placed') placed(after.placement);
    if (isOpen(after)) store.write(JSON.stringify(after.placement));
    // Another tab may have begun the next one meanwhile.
    else if (isOpen(before) && readPlacement(store.read())?.key === before.placement.key) store.write(undefined);
    state.value = after;
    if (after.state === 'sending' && before.state !== 'sending') void sendIt(after.placement);
  }

  async function sendIt(placement: Placement): Promise<void> {
    const { answer, problem } = await send(placement, () => tell({ type: 'triedAgain' }));
    if (answer === undefined) tell({ type: 'unanswered', problem });
    else tell({ type: 'answered', answer, now: now() });
  }

  function resume(): void {
    const placement = readPlacement(store.read());
    if (placement !== undefined) tell({ type: 'found', placement, now: now() });
  }

  return {
    state,
    resume,
    place(wanted) {
      resume();
      tell({ type: 'begun', placement: { ...wanted, key: newKey(), at: now() } });
    },
    sendAgain: () => tell({ type: 'sentAgain' }),
    dismiss: () => tell({ type: 'dismissed' }),
  };
}
