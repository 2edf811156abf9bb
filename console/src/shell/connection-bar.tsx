import { useEffect, useRef, useState } from 'preact/hooks';
import { connection } from '../graph/connection.ts';
import css from './shell.module.css';
import { text } from './text.ts';

/** A moment is not worth a word. ms */
const QUIET = 700;

/** Says quietly that the live connection is being made again, and for screen readers that it is whole. */
export function ConnectionBar() {
  const { state } = connection.value;
  const [told, setTold] = useState(false);
  const wasTold = useRef(false);
  useEffect(
    function tellLater() {
      if (state !== 'lost') {
        setTold(false);
        return undefined;
      }
      const timer = setTimeout(() => {
        wasTold.current = true;
        setTold(true);
      }, QUIET);
      return () => clearTimeout(timer);
    },
    [state],
  );
  return (
    <div role="status" class={css.connection}>
      {told && <div class={css.lost}>{text.now.lost}</div>}
      {!told && wasTold.current && state === 'live' && <span class="visually-hidden">{text.now.back}</span>}
    </div>
  );
}
