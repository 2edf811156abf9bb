import { OpenNote } from './open-note.tsx';
import { RefusalNote } from './refusal-note.tsx';
import { usePlaced } from './use-placed.ts';
import { usePlacer } from './use-placer.ts';

/** For pages without a cart: what becomes of an order that was on its way when this page was opened. */
export function PlacingNote({ subject }: { readonly subject: string }) {
  const placer = usePlacer(subject);
  usePlaced(placer);
  const placing = placer.state.value;
  return placing.state === 'refused' ? <RefusalNote placing={placing} /> : <OpenNote placer={placer} />;
}
