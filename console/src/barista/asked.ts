import type { Card } from './board.ts';

/** What is asked about which order. */
export interface Asked {
  readonly kind: 'reject' | 'handOver' | 'cancel';
  readonly orderId: string;
}

export interface DialogOfOrderProps {
  readonly card: Card;
  readonly close: () => void;
}
