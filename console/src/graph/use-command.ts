import type { AnyVariables, TypedDocumentNode } from '@urql/core';
import { useRef, useState } from 'preact/hooks';
import { command, type Outcome } from './command.ts';

export interface UsedCommand<Data, Variables> {
  /** @returns undefined while an earlier one is still under way: a second click does nothing */
  run(variables: Variables): Promise<Outcome<Data> | undefined>;
  readonly busy: boolean;
  /** The first try got no answer, and it is tried again. */
  readonly tryingAgain: boolean;
}

/** A command of this component, one at a time. */
export function useCommand<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
): UsedCommand<Data, Variables> {
  const [state, setState] = useState<'idle' | 'busy' | 'again'>('idle');
  const under = useRef(false);
  async function run(variables: Variables): Promise<Outcome<Data> | undefined> {
    if (under.current) return undefined;
    under.current = true;
    setState('busy');
    try {
      return await command(document, variables, { trying: () => setState('again') });
    } finally {
      under.current = false;
      setState('idle');
    }
  }
  return { run, busy: state !== 'idle', tryingAgain: state === 'again' };
}
