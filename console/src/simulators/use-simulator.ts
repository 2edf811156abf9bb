import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

/** off: this is no demonstration, or the system has no such neighbor. unreachable: it was not there when last asked. */
export type Reach = 'loading' | 'there' | 'off' | 'unreachable';

export interface Simulator<Knobs, Book> {
  readonly reach: Reach;
  /** As last heard; undefined: nothing was heard yet. */
  readonly knobs: Knobs | undefined;
  readonly book: Book | undefined;
  /** Changes some knobs. @returns whether it did */
  turn(change: Partial<Knobs>): Promise<boolean>;
  /** Empties its books, too. @returns whether it did */
  reset(): Promise<boolean>;
}

/** ms between two looks while the page is in sight. */
const EVERY = 2_000;
/** ms that an answer may take. */
const PATIENCE = 5_000;

class NotHere extends Error {}

async function call<Answer>(path: string, method = 'GET', body?: unknown): Promise<Answer> {
  const response = await fetch(path, {
    method,
    headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    signal: AbortSignal.timeout(PATIENCE),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.status === 404) throw new NotHere();
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as Answer;
}

/**
 * An outside system of the demonstration: how it is set and what it has in its books, looked at again and again.
 *
 * @param name as in the path
 * @param bookPath where its book lies, for example `/book`
 */
export function useSimulator<Knobs, Book>(name: string, bookPath: string): Simulator<Knobs, Book> {
  const base = `/simulators/${name}`;
  const [seen, setSeen] = useState<{ reach: Reach; knobs?: Knobs; book?: Book }>({ reach: 'loading' });
  /** Counts changes: a look that began before one of them is out of date. */
  const changes = useRef(0);
  const last = useRef('');

  const look = useCallback(
    async function look(): Promise<void> {
      const before = changes.current;
      try {
        const [knobs, book] = await Promise.all([call<Knobs>(`${base}/knobs`), call<Book>(`${base}${bookPath}`)]);
        const now = JSON.stringify([knobs, book]);
        if (before !== changes.current || now === last.current) return;
        last.current = now;
        setSeen({ reach: 'there', knobs, book });
      } catch (error) {
        last.current = '';
        setSeen((old) => ({ ...old, reach: error instanceof NotHere ? 'off' : 'unreachable' }));
      }
    },
    [base, bookPath],
  );

  useEffect(
    function lookAgainAndAgain() {
      let timer: ReturnType<typeof setTimeout> | undefined;
      let over = false;
      async function loop(): Promise<void> {
        clearTimeout(timer);
        if (document.visibilityState === 'visible') await look();
        clearTimeout(timer);
        if (!over) timer = setTimeout(() => void loop(), EVERY);
      }
      const atOnce = (): void => void loop();
      document.addEventListener('visibilitychange', atOnce);
      void loop();
      return function end() {
        over = true;
        clearTimeout(timer);
        document.removeEventListener('visibilitychange', atOnce);
      };
    },
    [look],
  );

  async function change(work: () => Promise<void>): Promise<boolean> {
    changes.current++;
    try {
      await work();
      return true;
    } catch (error) {
      setSeen((old) => ({ ...old, reach: error instanceof NotHere ? 'off' : 'unreachable' }));
      return false;
    } finally {
      changes.current++;
      last.current = '';
    }
  }

  return {
    reach: seen.reach,
    knobs: seen.knobs,
    book: seen.book,
    turn: async (to) =>
      change(async () => {
        const knobs = await call<Knobs>(`${base}/knobs`, 'PUT', to);
        setSeen((old) => ({ ...old, reach: 'there', knobs }));
      }),
    async reset() {
      const done = await change(async () => void (await call(`${base}/reset`, 'POST', {})));
      await look();
      return done;
    },
  };
}
