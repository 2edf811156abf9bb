import type { TypedDocumentNode } from '@urql/core';
import { useRef, useState } from 'preact/hooks';
import { command, type Outcome } from './command.ts';
import { createIntention } from './intention.ts';

/** What is meant, without its key. */
export type Meant<Input> = Omit<Input, 'idempotencyKey'>;

export interface UsedCommand<Data, Input> {
  /** @returns undefined while an earlier one is still under way: a second click does nothing */
  run(meant: Meant<Input>): Promise<Outcome<Data> | undefined>;
  readonly busy: boolean;
  /** The first try got no answer, and it is tried again. */
  readonly tryingAgain: boolean;
}

/**
 * A command of this component, one at a time, and safe to repeat: the same intention has the same idempotency key until it is
 * answered.
 */
export function useCommand<Data, Input extends { readonly idempotencyKey: string }>(
  document: TypedDocumentNode<Data, { input: Input }>,
): UsedCommand<Data, Input> {
  const [state, setState] = useState<'idle' | 'busy' | 'again'>('idle');
  const under = useRef(false);
  const intention = useRef(createIntention());
  async function run(meant: Meant<Input>): Promise<Outcome<Data> | undefined> {
    if (under.current) return undefined;
    under.current = true;
    setState('busy');
    try {
      const input = { ...meant, idempotencyKey: intention.current.keyFor(meant) } as Input;
      const outcome = await command(document, { input }, { trying: () => setState('again') });
      if (outcome.problem === undefined) intention.current.answered();
      return outcome;
    } finally {
      under.current = false;
      setState('idle');
    }
  }
  return { run, busy: state !== 'idle', tryingAgain: state === 'again' };
}
