/** An exchange that others may join. */
export interface Flight {
  readonly key: string;
  readonly text: Promise<string>;
  /** Nobody joins after that, by `performance.now()`. */
  readonly until: number;
}

export interface Flights {
  /** @returns the answer that is under way for the same request */
  find(key: string): Promise<string> | undefined;
  add(key: string, text: Promise<string>, joinableMs: number): Flight;
  /** The answer is there, or never comes. */
  remove(flight: Flight): void;
  /** Something was changed: an answer that is under way may be older than that. */
  forgetAll(): void;
}

/**
 * The exchanges with subgraphs that are under way, so that equal ones of several clients are made once.
 *
 * A key holds everything that goes to the subgraph and decides about the answer. Who joins gets the text, and makes its
 * own data of it. Nobody joins what began before a mutation ended: a client reads its own writes.
 */
export function createFlights(): Flights {
  const flights = new Map<string, Flight>();
  return {
    find(key) {
      const flight = flights.get(key);
      return flight !== undefined && flight.until > performance.now() ? flight.text : undefined;
    },
    add(key, text, joinableMs) {
      const flight = { key, text, until: performance.now() + joinableMs };
      flights.set(key, flight);
      return flight;
    },
    remove(flight) {
      if (flights.get(flight.key) === flight) flights.delete(flight.key);
    },
    forgetAll() {
      flights.clear();
    },
  };
}
