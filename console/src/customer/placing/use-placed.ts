import { useLocation } from 'preact-iso';
import { useEffect } from 'preact/hooks';
import type { Placer } from './placer.ts';

/** Goes to the order as soon as it is placed. */
export function usePlaced(placer: Placer): void {
  const { route } = useLocation();
  const placing = placer.state.value;
  const orderId = placing.state === 'placed' ? placing.orderId : undefined;
  useEffect(
    function goThere() {
      if (orderId === undefined) return;
      placer.dismiss();
      route(`/orders/${orderId}`);
    },
    [orderId],
  );
}
