/** An exchange that others may join. */
export interface Flight {
  /** The headers that decide about the answer. */
  readonly scope: string;
  readonly body: string;
  readonly fingerprint: number;
  readonly text: Promise<string>;
  /** Nobody joins after that, by `performance.now()`. */
  readonly until: number;
  /** How many mutations had ended when it began. */
  readonly writes: number;
  /** Of the same fingerprint: what began before it and after it. */
  older: Flight | undefined;
  newer: Flight | undefined;
}

/** The exchanges with one subgraph that are under way. */
export interface SubgraphFlights {
  /** @returns the answer that is under way for the same request */
  find(scope: string, body: string): Promise<string> | undefined;
  add(scope: string, body: string, text: Promise<string>): Flight;
  /** The answer is there, or never comes. */
  remove(flight: Flight): void;
}

export interface Flights {
  /** @param joinableMs how long after its begin others may join */
  ofSubgraph(joinableMs: number): SubgraphFlights;
  /** Something was changed: an answer that is under way may be older than that. */
  forgetAll(): void;
}

/** So many are looked through for the same request: beyond, the search would cost more than it saves. */
const longestSearch = 32;

/**
 * The exchanges that are under way, so that equal ones of several clients are made once.
 *
 * Scope and body are everything that goes to a subgraph and decides about the answer. They are found by a fingerprint, as a
 * Map would hash each body from its first to its last character, which takes longer than all else here. Who joins gets the text, and makes its own data of it. Nobody joins what began
 * before a mutation ended, on whichever subgraph: a client reads its own writes.
 */
export function createFlights(): Flights {
  let writes = 0;

  function ofSubgraph(joinableMs: number): SubgraphFlights {
    const newest = new Map<number, Flight>();
    return {
      find(scope, body) {
        let flight = newest.get(fingerprintOf(body));
        for (let looked = 0; flight !== undefined && looked < longestSearch; looked++) {
          if (flight.body === body && flight.scope === scope) {
            return flight.writes === writes && flight.until > performance.now() ? flight.text : undefined;
          }
          flight = flight.older;
        }
        return undefined;
      },
      add(scope, body, text) {
        const fingerprint = fingerprintOf(body);
        const older = newest.get(fingerprint);
        const until = performance.now() + joinableMs;
        const flight: Flight = { scope, body, fingerprint, text, until, writes, older, newer: undefined };
        if (older !== undefined) older.newer = flight;
        newest.set(fingerprint, flight);
        return flight;
      },
      remove({ fingerprint, older, newer }) {
        if (older !== undefined) older.newer = newer;
        if (newer !== undefined) newer.older = older;
        else if (older === undefined) newest.delete(fingerprint);
        else newest.set(fingerprint, older);
      },
    };
  }

  return {
    ofSubgraph,
    forgetAll() {
      writes += 1;
    },
  };
}

/** A number that is the same for the same text, and mostly another for another: variables stand at the end of a body. */
function fingerprintOf(text: string): number {
  const { length } = text;
  const step = (length >> 4) + 1;
  let sum = length;
  for (let at = length - 1; at >= 0; at -= step) sum = (sum * 31 + text.charCodeAt(at)) | 0;
  for (let at = Math.max(0, length - 24); at < length; at++) sum = (sum * 31 + text.charCodeAt(at)) | 0;
  return sum;
}
