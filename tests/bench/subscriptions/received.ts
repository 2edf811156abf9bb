/** What the clients' process notes of what arrives, in one of two ways. */
import { sharedNow } from './clock.ts';

/** Looks at a message that lies in `bytes` from `from` to `to`. @param slot which subscription of all */
export type Note = (slot: number, bytes: Buffer, from: number, to: number, first: boolean) => void;

/** For the test of the benchmark: what is done to messages before they are noted. */
export interface Tampering {
  /** Every n-th that isn't the first of its subscription is lost. */
  readonly loseEvery?: number;
  /** Every n-th is noted twice. */
  readonly doubleEvery?: number;
}

export function tampered(note: Note, { loseEvery, doubleEvery }: Tampering): Note {
  if (loseEvery === undefined && doubleEvery === undefined) return note;
  let messages = 0;
  return function noteTampered(slot, bytes, from, to, first) {
    if (!first) messages += 1;
    if (!first && loseEvery !== undefined && messages % loseEvery === 0) return;
    note(slot, bytes, from, to, first);
    if (!first && doubleEvery !== undefined && messages % doubleEvery === 0) note(slot, bytes, from, to, first);
  };
}

const NUMBER = Buffer.from('"number":');
const DIGITS = 7;

/** Of an event that all get. */
export interface Fanout {
  /** By subscription, on the shared clock; 0: not there. */
  readonly at: Float64Array;
  arrived: number;
  doubled: number;
}

/** Notes when each event reached each subscription. The text is not parsed: that would cost more than all the rest. */
export function noteFanout(slots: number) {
  const events = new Map<number, Fanout>();
  /** Subscriptions that had their first message. */
  let begun = 0;
  let changed: () => void = () => undefined;

  function eventOf(number: number): Fanout {
    const known = events.get(number);
    if (known !== undefined) return known;
    const made: Fanout = { at: new Float64Array(slots), arrived: 0, doubled: 0 };
    events.set(number, made);
    return made;
  }

  function note(slot: number, bytes: Buffer, from: number, to: number, first: boolean): void {
    if (first) {
      begun += 1;
      if (begun === slots) changed();
      return;
    }
    const begin = bytes.indexOf(NUMBER, from) + NUMBER.length;
    if (begin < NUMBER.length || begin > to) throw new Error(`What is this? ${bytes.toString('utf8', from, to)}`);
    let number = 0;
    for (let at = begin; at < begin + DIGITS; at++) number = number * 10 + bytes[at]! - 48;
    const event = eventOf(number);
    if (event.at[slot] !== 0) event.doubled += 1;
    else {
      event.at[slot] = sharedNow();
      event.arrived += 1;
      if (event.arrived === slots) changed();
    }
  }

  return {
    note,
    eventOf,
    begun: () => begun,
    /** @param listener is called when an event, or the first message, has reached all */
    onChange(listener: () => void) {
      changed = listener;
    },
  };
}

/** A change of an order as it arrived. */
export type Arrival = readonly [client: number, version: number, at: number, told: Told];

/** Of the first message after a subscribe: what the router said about the token; `new` where it said nothing. */
export type Told = 'next' | 'new' | 'exact' | 'snapshot' | 'expired';

interface OrderPayload {
  readonly data?: { readonly orderStatusChanged: { readonly version: number } } | null;
  readonly errors?: readonly unknown[];
  readonly extensions?: { readonly resume?: string; readonly resumed?: Exclude<Told, 'next' | 'new'> };
}

/** Notes each version that arrived, and the token to come back with. */
export function noteOrders(clients: number) {
  const arrivals: Arrival[] = [];
  const tokens: (string | undefined)[] = Array.from({ length: clients });
  let [begun, counted] = [0, 0];

  function note(client: number, bytes: Buffer, from: number, to: number, first: boolean): void {
    const text = bytes.toString('utf8', from, to);
    // What is behind `"type":"next"`.
    const { payload } = JSON.parse(`{${text.replace(/^[,{]/, '')}`) as { payload: OrderPayload };
    const { data, errors, extensions } = payload;
    if (!data || errors !== undefined) throw new Error(`An event with errors: ${text}`);
    tokens[client] = extensions?.resume ?? tokens[client];
    const told: Told = first ? (extensions?.resumed ?? 'new') : 'next';
    if (told === 'new') begun += 1;
    if (told !== 'snapshot' && told !== 'expired') counted += 1;
    arrivals.push([client, data.orderStatusChanged.version, sharedNow(), told]);
  }

  return { note, arrivals, tokenOf: (client: number) => tokens[client], begun: () => begun, counted: () => counted };
}
