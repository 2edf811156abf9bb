import { useEffect, useMemo } from 'preact/hooks';
import { keep, kept } from '../shell/storage.ts';

export interface Kept<Value> {
  readonly value: Value | undefined;
  /** When it was answered, in ms since 1970, where it is not the present answer. */
  readonly keptAt: number | undefined;
}

/**
 * The last good answer, from an earlier visit if need be: one can order while the service that knows the menu is away.
 *
 * @param key where it is kept
 * @param fresh the present answer, undefined while there is none
 * @param answeredAt in ms since 1970
 */
export function useKept<Value>(key: string, fresh: Value | undefined, answeredAt: number | undefined): Kept<Value> {
  const text = fresh === undefined ? undefined : JSON.stringify({ value: fresh, at: answeredAt });
  useEffect(() => {
    if (text !== undefined) keep(key, text);
  }, [key, text]);
  return useMemo(
    function take(): Kept<Value> {
      if (fresh !== undefined) return { value: fresh, keptAt: undefined };
      try {
        const { value, at } = JSON.parse(kept(key) ?? '{}') as { value?: Value; at?: number };
        return { value, keptAt: at };
      } catch {
        return { value: undefined, keptAt: undefined };
      }
    },
    [key, fresh],
  );
}
