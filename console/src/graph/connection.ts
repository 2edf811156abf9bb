import { signal } from '@preact/signals';

/**
 * How the live connection is: `idle` while nothing is watched, `lost` from the moment it breaks until it is whole again.
 * `since` in ms since 1970.
 */
export type Connection =
  { readonly state: 'idle' | 'connecting' | 'live' } | { readonly state: 'lost'; readonly since: number };

export const connection = signal<Connection>({ state: 'idle' });
