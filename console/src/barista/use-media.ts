import { useEffect, useState } from 'preact/hooks';

/** On such a screen the board shows one column at a time. */
export const NARROW = '(max-width: 44rem)';

/** Whether a media query holds. */
export function useMedia(query: string): boolean {
  const [holds, setHolds] = useState(() => matchMedia(query).matches);
  useEffect(
    function follow() {
      const media = matchMedia(query);
      const update = () => setHolds(media.matches);
      update();
      media.addEventListener('change', update);
      return () => media.removeEventListener('change', update);
    },
    [query],
  );
  return holds;
}
