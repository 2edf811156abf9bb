import type { Resumed } from '@cafe-for-me/router/client/resume-token';
import { stringifyDocument, type AnyVariables, type TypedDocumentNode } from '@urql/core';
import { useEffect, useRef, useState } from 'preact/hooks';
import { endSession, person } from '../shell/session.ts';
import { liveClient } from './live-client.ts';

/** How a socket is closed whose token does not hold; the live client tries fresh ones before it gives up. */
const FORBIDDEN = 4403;

export interface LiveListener<Data> {
  next(data: Data): void;
  /**
   * Comes right before the first `next` after the connection was lost. `exact`: nothing is missing. Else the present state comes
   * again, and what is shown has to be taken from that alone.
   */
  resumed?(outcome: Resumed): void;
}

/** `ended`: the service ended it, for good (no such thing, not allowed). `again` begins anew. */
export type LiveState =
  | { readonly state: 'waiting' | 'live' }
  | { readonly state: 'ended'; readonly why: string; readonly again: () => void };

/**
 * Follows a subscription while the component is shown, through whatever breaks.
 *
 * @param variables undefined: nothing is followed yet
 */
export function useLive<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables | undefined,
  listener: LiveListener<Data>,
): LiveState {
  const [state, setState] = useState<LiveState>({ state: 'waiting' });
  const [round, setRound] = useState(1);
  const latest = useRef(listener);
  latest.current = listener;
  const key = JSON.stringify(variables);
  const subject = person.value?.subject;

  useEffect(
    function follow() {
      const end = (why: string) =>
        setState((last) => (last.state === 'ended' ? last : { state: 'ended', why, again: () => setRound(round + 1) }));
      setState({ state: 'waiting' });
      if (variables === undefined || subject === undefined) return undefined;
      const { stop } = liveClient().subscribe<Data>(
        { query: stringifyDocument(document), variables },
        {
          next({ data, errors }) {
            if (data != null) {
              setState((last) => (last.state === 'live' ? last : { state: 'live' }));
              latest.current.next(data);
            } else if (errors !== undefined) end(errors[0]?.message ?? '');
          },
          resumed: (outcome) => latest.current.resumed?.(outcome),
          error(reason) {
            if ((reason as { code?: number }).code === FORBIDDEN) endSession(subject);
            end(wordsOf(reason));
          },
          complete: () => end(''),
        },
      );
      return stop;
    },
    // The key stands for the variables.
    [document, key, subject, round],
  );
  return state;
}

function wordsOf(reason: unknown): string {
  const first: unknown = Array.isArray(reason) ? reason[0] : reason;
  return (first as { message?: string } | undefined)?.message ?? '';
}
