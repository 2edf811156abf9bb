import type { LiveEvent, LivePlace } from '@cafe-for-me/lib/live-event';
import type { Logger } from '@cafe-for-me/lib/log';
import type { BusinessClock, DeliveryStatus, Envelope } from '@cafe-for-me/schema/events';
import type { Cafe } from '../domain/cafe.ts';
import type { Acceptance, Delivery, DeliveryAtCafe, DeliveryEvent, PaidOrder } from '../domain/delivery.ts';

/** Under which a carried-out command is remembered, and what it said. */
export interface CommandKey {
  /** Keys of different callers have nothing to do with each other. */
  readonly caller: string;
  readonly key: string;
  readonly command: string;
  readonly inputHash: string;
}

/** The command that was carried out under a key. */
export type RememberedCommand = Pick<CommandKey, 'command' | 'inputHash'>;

/** OrderReceived on its way to its queue number. */
export type UnnumberedOrderReceived = Omit<Envelope<'OrderReceived'>, 'data'> & { readonly data: Acceptance['data'] };

export interface Transition {
  readonly before: Delivery;
  readonly after: Delivery;
  readonly event: DeliveryEvent;
  /** Remembered in the same statement. */
  readonly key?: CommandKey;
}

/** A paid order on its way to its café. */
export interface Arrival {
  readonly order: PaidOrder;
  readonly clock: BusinessClock;
  readonly created: Envelope<'DeliveryCreated'>;
  readonly canceled: Envelope<'OrderCancelConfirmed'>;
}

/**
 * The rows of deliveries. Each of the saving verbs is one conditional statement: it saves the change, its event and the
 * command's key together, or, when somebody else was first, nothing.
 */
export interface Deliveries {
  load(
    orderId: string,
    key?: CommandKey,
  ): Promise<{ readonly found: DeliveryAtCafe | null; readonly remembered: RememberedCommand | null }>;
  /** @returns false when `before` is no longer the present version, or the key or pickup code was taken meanwhile */
  save(transition: Transition): Promise<boolean>;
  /** @returns the queue number, from 1 per café and business day; null when somebody else was first */
  accept(acceptance: {
    readonly before: Delivery;
    readonly event: UnnumberedOrderReceived;
    /** `yyyymmdd` */
    readonly businessDate: string;
    readonly key?: CommandKey;
  }): Promise<number | null>;
  /**
   * Saves the deliveries of paid orders, each with the event that fits: `canceled` when a cancel request was kept for it.
   *
   * @returns by order id the status that it got; one whose delivery was there already is missing
   */
  receive(arrivals: readonly Arrival[]): Promise<ReadonlyMap<string, 'ORDER_GET' | 'CANCELED'>>;
  /** Keeps a cancel request for an order that has not come yet. */
  keepCancel(orderId: string, at: Date): Promise<void>;
}

/** What is due by the clock. */
export interface DueDeliveries {
  /** Unanswered ones whose acceptBy has come. */
  unanswered(now: Date, limit: number): Promise<DeliveryAtCafe[]>;
  /** Those that became ready at or before `readyBefore` and nobody fetched. */
  uncollected(readyBefore: Date, limit: number): Promise<DeliveryAtCafe[]>;
}

export interface PlacedDelivery {
  readonly delivery: Delivery;
  /** Its place in the café's list, for cursors. */
  readonly place: number;
}

export interface DeliveryReads {
  /** @returns those that there are, in any order */
  find(orderIds: readonly string[]): Promise<Delivery[]>;
  /** Oldest first. */
  list(query: {
    readonly cafeId: string;
    readonly status: readonly DeliveryStatus[];
    readonly after: number;
    readonly limit: number;
  }): Promise<PlacedDelivery[]>;
  /** By café: orders that wait for an answer or are being made. Cafés without any may be absent. */
  queueLengths(cafeIds: readonly string[]): Promise<Map<string, number>>;
}

/** The deliveries of a café as they are and as they change, each version once and in order. */
export interface LiveDeliveries {
  /** @param resumeFrom where the subscriber came back from */
  watch(cafeId: string, resumeFrom: string | undefined): AsyncIterableIterator<LiveEvent<Delivery> | LivePlace>;
}

export interface CafeTransition {
  readonly cafe: Cafe;
  readonly event: Envelope<'CafeSaved'> | Envelope<'MenuItemSaved'>;
  readonly key?: CommandKey;
}

export interface Cafes {
  load(
    cafeId: string,
    key?: CommandKey,
  ): Promise<{ readonly found: Cafe | null; readonly remembered: RememberedCommand | null }>;
  /** @returns false when the café is there already */
  add(transition: CafeTransition): Promise<boolean>;
  /** @returns false when the café is no longer at `cafe.version`, or the key was taken meanwhile */
  save(transition: CafeTransition): Promise<boolean>;
  /** Remembers a command that had nothing to change. */
  remember(key: CommandKey, subject: string): Promise<void>;
  /** @returns those that there are, in any order */
  find(cafeIds: readonly string[]): Promise<Cafe[]>;
  /** By id. */
  list(query: { readonly after: string; readonly limit: number }): Promise<Cafe[]>;
}

/** What every use case has at hand. */
export interface Parts {
  readonly now: () => Date;
  /** A UUID. */
  readonly newId: () => string;
  readonly newPickupCode: () => string;
  /** Called after each commit that added events. */
  readonly committed: () => void;
  readonly log: Pick<Logger, 'info'>;
}
