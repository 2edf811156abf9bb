import type { AnyVariables, TypedDocumentNode } from '@urql/core';
import { useEffect, useRef } from 'preact/hooks';
import { useAsk, type Asked } from '../graph/use-ask.ts';

export interface AskedAlong<Data> extends Asked<Data> {
  /** The answer; while another is awaited for other variables, that of before. */
  readonly shown: Data | undefined;
  /** `shown` belongs to the variables of before. */
  readonly outdated: boolean;
}

interface AlongOptions {
  /** Asks again when this counts on. */
  readonly changes: number;
  /** ms */
  readonly every: number;
}

/** A question that is asked again with every change, and now and then besides: what changes elsewhere is told by nobody. */
export function useAskAlong<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables | undefined,
  { changes, every }: AlongOptions,
): AskedAlong<Data> {
  const asked = useAsk(document, variables, { every });
  const last = useRef<Data>();
  const asOf = useRef(changes);
  if (asked.data !== undefined) last.current = asked.data;
  useEffect(
    function askWithChange() {
      if (asOf.current !== changes) asked.askAgain();
      asOf.current = changes;
    },
    [changes],
  );
  const outdated = asked.data === undefined && asked.problem === undefined && last.current !== undefined;
  return { ...asked, shown: outdated ? last.current : asked.data, outdated };
}
