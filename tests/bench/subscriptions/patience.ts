/** How long is waited for what comes by itself. */
export interface Patience {
  /** Memory is at rest when that many looks, half a second apart, find the same. */
  readonly looks: number;
  /** When nothing arrives for so long, nothing more will, in ms. */
  readonly quietMs: number;
  /** Of changes at the café before any is counted, in ms. */
  readonly warmUpMs: number;
  /** Changes go on for so long before the router is killed, and after the last client came back, in ms. */
  readonly aroundMs: number;
}

export const patience: Patience = { looks: 6, quietMs: 15_000, warmUpMs: 5_000, aroundMs: 2_000 };
