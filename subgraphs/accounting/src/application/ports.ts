/** What the use cases need of the world; adapters fill it. */
import type { LiveEvent, LivePlace } from '@cafe-for-me/lib/live-event';
import type { BusinessClock, Envelope } from '@cafe-for-me/schema/events';
import type { BusinessDate } from '../domain/business-day.ts';
import type { Day } from '../domain/day.ts';
import type { LedgerEntry, SaleEntry } from '../domain/ledger.ts';
import type { Attempt, Settlement, Transfer, TransferStatus } from '../domain/transfer.ts';

export type Now = () => Date;
export type NewId = () => string;

/** The books within one transaction, in which nobody else books. */
export interface Booking {
  /** The day as it stands, and what is booked of the order and of the event. */
  find(asked: { eventId: string; orderId: string; cafeId: string; businessDate: BusinessDate }): Promise<{
    day: Day;
    sale: SaleEntry | undefined;
    alreadyBooked: boolean;
  }>;
  /** Saves the entry, the day, its transfer to headquarters and the event, or nothing; an older transfer that waits is superseded. */
  save(booked: { entry: LedgerEntry; day: Day; event: Envelope<'AccountingChanged'>; now: Date }): Promise<void>;
  addOrdered(added: { cafeId: string; businessDate: BusinessDate; amount: number; occurredAt: Date }): Promise<void>;
  keepCafe(cafe: BusinessClock & { id: string; name: string; version: number; updatedAt: Date }): Promise<void>;
  /** Runs after the commit, and not at all without one. */
  afterCommit(work: () => void): void;
}

/** A day that something was booked on. */
export interface BookedDay extends Day {
  readonly updatedAt: Date;
}

export interface DayKey {
  readonly cafeId: string;
  readonly businessDate: BusinessDate;
}

export interface BookedSale {
  readonly orderId: string;
  readonly customerId: string;
  readonly cafeId: string;
  /** Won that the café took: 0 after a correction. */
  readonly amount: number;
  readonly qty: number;
  readonly businessDate: BusinessDate;
  readonly canceled: boolean;
}

export interface Statistics {
  /** yyyymmdd for a day, yyyymm for a month. */
  readonly period: string;
  readonly orderedSum: number;
  readonly salesSum: number;
  readonly canceledSum: number;
  readonly salesQty: number;
  readonly orderCount: number;
  readonly asOf: Date;
}

/** What was sold of a product: sales less corrections. */
export interface SoldProduct {
  /** Null: booked before products were kept. */
  readonly product: string | null;
  readonly salesQty: number;
  readonly salesSum: number;
  readonly asOf: Date;
}

/** Where a correction stands in the list of all. */
export interface CorrectionPlace {
  /** ISO instant of the cancel. */
  readonly at: string;
  readonly eventId: string;
}

/** A sale taken back, in positive figures. */
export interface BookedCorrection {
  readonly eventId: string;
  readonly orderId: string;
  readonly businessDate: BusinessDate;
  /** The day of the sale. */
  readonly soldOn: BusinessDate | null;
  readonly amount: number;
  readonly qty: number;
  readonly reason: string | null;
  readonly at: Date;
}

export type StatisticsPeriod = 'DAY' | 'MONTH';

/** A transfer with its place in the list of all. */
export interface ListedTransfer extends Transfer {
  readonly position: number;
}

/** The read side. */
export interface Books {
  day(cafeId: string, businessDate: BusinessDate): Promise<BookedDay | undefined>;
  /** Newest first; both ends and `before` where given. `before` itself is left out. */
  days(
    cafeId: string,
    range: { from?: BusinessDate; to?: BusinessDate; before?: BusinessDate; limit: number },
  ): Promise<BookedDay[]>;
  statistics(cafeId: string, from: BusinessDate, to: BusinessDate, groupBy: StatisticsPeriod): Promise<Statistics[]>;
  /** Most won first. */
  productSales(cafeId: string, from: BusinessDate, to: BusinessDate, limit: number): Promise<SoldProduct[]>;
  /** Newest first; both ends and `before` where given. `before` itself is left out. */
  corrections(
    cafeId: string,
    page: { from?: BusinessDate; to?: BusinessDate; before?: CorrectionPlace; limit: number },
  ): Promise<BookedCorrection[]>;
  /** In no order; orders without a sale are left out. */
  sales(orderIds: readonly string[]): Promise<BookedSale[]>;
  clockOf(cafeId: string): Promise<BusinessClock | undefined>;
  /** Newest first. */
  transfers(
    cafeId: string,
    page: { status?: readonly TransferStatus[]; before?: number; limit: number },
  ): Promise<ListedTransfer[]>;
  transfer(id: string): Promise<Transfer | undefined>;
  /** The newest transfer of each day asked for, in no order. */
  newestTransfers(days: readonly DayKey[]): Promise<Transfer[]>;
}

/** A transfer that this process alone may send now; `token` proves it. */
export interface TakenTransfer extends Transfer {
  readonly token: string;
}

export interface TransferQueue {
  /** Claims the newest revisions that are due, one per café-day; a claim ends by `settle`, or by itself after `leaseMs`. */
  take(limit: number, leaseMs: number): Promise<TakenTransfer[]>;
  /** @returns false when the claim was lost meanwhile; then nothing is changed */
  settle(taken: TakenTransfer, settlement: Settlement, retryInMs: number): Promise<boolean>;
}

export interface Resending {
  /** The id of the transfer that the caller's key sent again before. */
  remembered(caller: string, key: string): Promise<string | undefined>;
  /** Makes an answered newest transfer PENDING and remembers the key. @returns false when it isn't so any more */
  resend(transfer: Transfer, caller: string, key: string): Promise<boolean>;
}

export interface Headquarters {
  send(transfer: Transfer): Promise<Attempt>;
}

/** Changes as they happen. */
export interface LiveDays {
  /**
   * First what `present` gives, then every later revision of any day of the café, each once, a day's in order.
   *
   * @param resumeFrom where the subscriber came back from: what it missed comes instead
   */
  watch(
    cafeId: string,
    present: () => Promise<BookedDay>,
    resumeFrom: string | undefined,
  ): AsyncIterableIterator<LiveEvent<BookedDay> | LivePlace>;
}

/** What the use cases tell the log. */
export interface Tell {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
}
