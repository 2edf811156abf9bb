import type { Logger } from 'pino';
import { retryDelay } from './bell.ts';
import { traceHandling } from './consumer-trace.ts';
import { isDatabaseFault } from './database-fault.ts';
import { countFailure, removeLetter, takeDueLetter } from './dead-letter-store.ts';
import { MalformedEventError } from './events.ts';
import type { EventEnvelope } from './events.ts';
import { dropPassed, findStranded, GateTakenError, loadParked, lockGates, storeGates } from './inbox.ts';
import type { Gates } from './inbox.ts';
import type { Database, SqlClient } from './sql-client.ts';
import type { Tracer } from './telemetry.ts';

/**
 * What a consumer expects of the versions that it gets to see. `gapless`: all of them, so one that comes too soon waits.
 * `increasing`: some of them, so one is applied when it is above the last, and passed over when it is not.
 */
export type Versions = 'gapless' | 'increasing';

/** A transaction that met another replica's new gate finds it there the next time; more than a few such meetings are a fault. */
const GATE_TRIES = 5;

type Handle<Tx> = (event: EventEnvelope, tx: Tx) => Promise<void> | void;

export interface Applier {
  /**
   * All in one transaction. Throws the handler's error or a fault; then nothing was done. Returns how many were applied.
   *
   * @param onTurn told of each event before it is applied with what waited for it, so the last is the one that failed
   */
  applyTogether(events: readonly EventEnvelope[], onTurn: (event: EventEnvelope) => void): Promise<number>;
  /** One event in a transaction of its own; a handler's error is counted against it. Throws only faults. */
  applyAlone(event: EventEnvelope): Promise<number>;
  /** Counts a message that is no event as dead. Throws only faults. */
  bury(event: EventEnvelope, error: unknown): Promise<void>;
  /** Tries the dead letters that are due, and parked events whose turn has come. Throws only faults. */
  retryDue(): Promise<number>;
}

/** The version gate: next → handle, seen → skip, ahead → park, and after each applied event what is parked behind it. */
export function createApplier<Tx extends SqlClient>({
  consumer,
  database,
  handle,
  maxTries,
  versions,
  log,
  tracer,
}: {
  consumer: string;
  database: Database<Tx>;
  handle: Handle<Tx>;
  maxTries: number;
  versions: Versions;
  log: Logger;
  tracer?: Tracer | undefined;
}): Applier {
  const isEarly = (event: EventEnvelope, last: number): boolean =>
    versions === 'gapless' && event.aggregateVersion > last + 1;

  /** A transaction that begins again when another replica made a gate first. */
  async function transaction<T>(work: (tx: Tx, handle: Handle<Tx>) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const handling = tracer && traceHandling(tracer, consumer);
      const handleNow: Handle<Tx> = handling ? (event, tx) => handle(handling.begin(event), tx) : handle;
      try {
        const result = await database.transaction((tx) => work(tx, handleNow));
        handling?.end();
        return result;
      } catch (error) {
        handling?.end(error);
        if (!(error instanceof GateTakenError) || attempt === GATE_TRIES) throw error;
      }
    }
  }

  async function applyTogether(
    events: readonly EventEnvelope[],
    onTurn: (event: EventEnvelope) => void,
  ): Promise<number> {
    return transaction(async (tx, handle) => {
      const gates = await lockGates(
        tx,
        consumer,
        events.map((event) => event.aggregateId),
      );
      const last = new Map(gates.last);
      const waiting = await loadWaiting(tx, events, gates);
      const applied: EventEnvelope[] = [];
      const early = new Map<string, EventEnvelope>();
      for (const event of events) {
        const gate = last.get(event.aggregateId) ?? 0;
        if (event.aggregateVersion <= gate) continue;
        if (isEarly(event, gate)) {
          early.set(placeOf(event), event);
          waiting.set(placeOf(event), event);
          continue;
        }
        onTurn(event);
        for (let next: EventEnvelope | undefined = event; next; next = waiting.get(placeAfter(next))) {
          await handle(next, tx);
          applied.push(next);
          last.set(next.aggregateId, next.aggregateVersion);
          early.delete(placeOf(next));
        }
      }
      await storeGates(tx, consumer, gates, { applied, early: [...early.values()] });
      return applied.length;
    });
  }

  async function loadWaiting(
    tx: Tx,
    events: readonly EventEnvelope[],
    gates: Gates,
  ): Promise<Map<string, EventEnvelope>> {
    const moving = new Set<string>();
    for (const { aggregateId, aggregateVersion } of events) {
      if (gates.parked.has(aggregateId) && aggregateVersion === (gates.last.get(aggregateId) ?? 0) + 1) {
        moving.add(aggregateId);
      }
    }
    const parked = await loadParked(tx, consumer, [...moving]);
    return new Map(parked.map((event) => [placeOf(event), event]));
  }

  async function applyAlone(event: EventEnvelope): Promise<number> {
    try {
      const moved = await transaction(async (tx, handle) => applyOrPark(event, tx, handle));
      return moved ? 1 + (await applyParked(event.aggregateId)) : 0;
    } catch (error) {
      await bury(event, error);
      return 0;
    }
  }

  /** Returns whether the event was applied. */
  async function applyOrPark(event: EventEnvelope, tx: Tx, handle: Handle<Tx>): Promise<boolean> {
    const gates = await lockGates(tx, consumer, [event.aggregateId]);
    const last = gates.last.get(event.aggregateId) ?? 0;
    if (event.aggregateVersion <= last) return false;
    if (isEarly(event, last)) {
      await storeGates(tx, consumer, gates, { applied: [], early: [event] });
      return false;
    }
    await handle(event, tx);
    await storeGates(tx, consumer, gates, { applied: [event], early: [] });
    return true;
  }

  /** Applies what is parked behind the gate, each in its own transaction, so that one's error is not another's. */
  async function applyParked(aggregateId: string): Promise<number> {
    for (let count = 0; ; count++) {
      let next: EventEnvelope | undefined;
      try {
        next = undefined;
        await transaction(async (tx, handle) => {
          const { last, parked } = await lockGates(tx, consumer, [aggregateId]);
          const waiting = await loadParked(tx, consumer, [...parked]);
          const turn = (last.get(aggregateId) ?? 0) + 1;
          next = waiting.find((event) => event.aggregateVersion === turn);
          if (next) await applyOrPark(next, tx, handle);
          else if (waiting.length > 0) await dropPassed(tx, consumer, aggregateId);
        });
      } catch (error) {
        if (!next) throw error;
        await bury(next, error);
        return count;
      }
      if (!next) return count;
    }
  }

  async function bury(event: EventEnvelope, error: unknown): Promise<void> {
    if (isDatabaseFault(error)) throw error;
    // A text that never becomes an event is not worth a second try.
    const limit = error instanceof MalformedEventError ? 1 : maxTries;
    const tries = await database.transaction(async (tx) =>
      countFailure(tx, consumer, {
        event,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        retryInMs: (count) => (count < limit ? retryDelay(count, 100, 10_000) : null),
      }),
    );
    const fields = { err: error, eventId: event.id, type: event.type, aggregateId: event.aggregateId, tries };
    if (tries < limit) log.warn(fields, 'an event could not be applied, it is tried again');
    else log.error(fields, 'an event is a dead letter; later events of its aggregate wait behind it');
  }

  async function retryDue(): Promise<number> {
    let count = 0;
    for (;;) {
      const done = await retryOne();
      if (done === null) break;
      count += done;
    }
    const stranded = await database.transaction(async (tx) => findStranded(tx, consumer));
    for (const aggregateId of stranded) count += await applyParked(aggregateId);
    return count;
  }

  /** Returns how many events were applied, null when no letter is due. */
  async function retryOne(): Promise<number | null> {
    let event: EventEnvelope | undefined;
    let moved = false;
    try {
      await transaction(async (tx, handle) => {
        const letter = await takeDueLetter(tx, consumer);
        event = letter?.envelope;
        if (!event) return;
        if (event.aggregateVersion < 1) throw new MalformedEventError('the message is no event');
        moved = await applyOrPark(event, tx, handle);
        // Applied by a redelivery in the meantime, or not its turn: then it is no longer this table's.
        if (!moved) await removeLetter(tx, consumer, event.id);
      });
    } catch (error) {
      if (!event) throw error;
      await bury(event, error);
      return 0;
    }
    if (!event) return null;
    return moved ? 1 + (await applyParked(event.aggregateId)) : 0;
  }

  return { applyTogether, applyAlone, bury, retryDue };
}

function placeOf({ aggregateId, aggregateVersion }: EventEnvelope): string {
  return `${aggregateVersion} ${aggregateId}`;
}

function placeAfter({ aggregateId, aggregateVersion }: EventEnvelope): string {
  return `${aggregateVersion + 1} ${aggregateId}`;
}
