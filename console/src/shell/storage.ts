/** What a browser keeps; where it may not (a private window, a full disk) the page does without. */

function from(place: 'local' | 'session'): Storage | undefined {
  try {
    return place === 'local' ? globalThis.localStorage : globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}

/** @param place session: for this tab alone */
export function kept(key: string, place: 'local' | 'session' = 'local'): string | undefined {
  try {
    return from(place)?.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** @param value undefined forgets it @returns whether it is kept now */
export function keep(key: string, value: string | undefined, place: 'local' | 'session' = 'local'): boolean {
  try {
    const storage = from(place);
    if (storage === undefined) return false;
    if (value === undefined) storage.removeItem(key);
    else storage.setItem(key, value);
    return true;
  } catch {
    return false;
  }
}
