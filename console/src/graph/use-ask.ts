import type { AnyVariables, TypedDocumentNode } from '@urql/core';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { person } from '../shell/session.ts';
import { asPerson } from './as-person.ts';
import { problemOf, type Problem } from './problem.ts';

export interface Asked<Data> {
  /** The last good answer, also while a newer one is awaited or could not be had. */
  readonly data: Data | undefined;
  /** When that answer came; in ms since 1970. */
  readonly answeredAt: number | undefined;
  /** Why there is no newer one. */
  readonly problem: Problem | undefined;
  readonly asking: boolean;
  readonly askAgain: () => void;
}

interface AskOptions {
  /** Asks again by itself so often, while the page is visible. ms */
  readonly every?: number;
}

/** The first tries after a failure come soon. ms */
const RETRY = 2_000;

/**
 * Asks a query, and again when its variables change, when the page comes back to the front or to the network, and after failures.
 *
 * @param variables undefined: nothing is asked yet
 */
export function useAsk<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables | undefined,
  { every }: AskOptions = {},
): Asked<Data> {
  const [state, setState] = useState<Omit<Asked<Data>, 'askAgain'>>({
    data: undefined,
    answeredAt: undefined,
    problem: undefined,
    asking: variables !== undefined,
  });
  const key = JSON.stringify(variables);
  const round = useRef(0);
  const lastKey = useRef(key);

  const askAgain = useCallback(
    async function ask() {
      if (variables === undefined) return;
      const mine = ++round.current;
      setState((last) => ({ ...last, asking: true }));
      const result = await asPerson(person.value?.subject, (client, context) =>
        client.query(document, variables, context).toPromise(),
      );
      // A later question has been asked meanwhile, or by somebody else: its answer counts.
      if (mine !== round.current || result === undefined) return;
      const { data, error } = result;
      const problem = error === undefined ? undefined : problemOf(error, data != null);
      setState((last) => ({
        data: data ?? last.data,
        answeredAt: data == null ? last.answeredAt : Date.now(),
        problem,
        asking: false,
      }));
    },
    // The key stands for the variables.
    [document, key],
  );

  useEffect(
    function askAndKeepAsking() {
      if (lastKey.current !== key) {
        lastKey.current = key;
        setState({ data: undefined, answeredAt: undefined, problem: undefined, asking: variables !== undefined });
      }
      void askAgain();
      function whenSeen(): void {
        if (!globalThis.document.hidden) void askAgain();
      }
      const timer = every === undefined ? undefined : setInterval(whenSeen, every);
      addEventListener('online', whenSeen);
      globalThis.document.addEventListener('visibilitychange', whenSeen);
      return function stop() {
        round.current += 1;
        clearInterval(timer);
        removeEventListener('online', whenSeen);
        globalThis.document.removeEventListener('visibilitychange', whenSeen);
      };
    },
    [askAgain, every],
  );

  useEffect(
    function tryAgainAfterFailure() {
      if (state.problem?.kind !== 'unreachable' && state.problem?.kind !== 'partly') return undefined;
      const timer = setTimeout(() => void askAgain(), RETRY);
      return () => clearTimeout(timer);
    },
    [state],
  );

  return { ...state, askAgain: () => void askAgain() };
}
