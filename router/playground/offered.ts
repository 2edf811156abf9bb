import { createContext } from 'react';

/** An operation to start from. */
export interface Example {
  readonly title: string;
  readonly about?: string;
  /** The label of the token that it is run with. */
  readonly persona?: string;
  readonly query: string;
  readonly variables?: object;
}

/** What the router was given to offer here, and what it can do. */
export interface Offered {
  readonly tokens: readonly { readonly label: string; readonly token: string }[];
  readonly examples: readonly Example[];
  /** Whether it explains how operations are executed. */
  readonly explain: boolean;
  /** Whether it serves pages at `/`, too. */
  readonly home: boolean;
}

export const nothingOffered: Offered = { tokens: [], examples: [], explain: false, home: false };

export const OfferedContext = createContext<Offered>(nothingOffered);

const header = 'authorization';

/** The headers' JSON text with this token in it, or without any. What else it says stays. */
export function withToken(text: string, token: string | undefined): string {
  const others = Object.entries(headersIn(text)).filter(([name]) => name.toLowerCase() !== header);
  const all = token === undefined ? others : [...others, [header, `Bearer ${token}`]];
  return all.length === 0 ? '' : JSON.stringify(Object.fromEntries(all), null, 2);
}

/** @returns what stands behind `Bearer`; undefined where there is nothing */
export function tokenIn(text: string): string | undefined {
  const found = Object.entries(headersIn(text)).find(([name]) => name.toLowerCase() === header);
  return typeof found?.[1] === 'string' ? found[1].replace(/^Bearer\s+/i, '') : undefined;
}

function headersIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
