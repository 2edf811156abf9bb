/** What the outside systems keep, as their HTTP APIs tell it, and what a person wants to know of it. */

export const PAYMENT_MODES = ['ok', 'decline', 'coin', 'fail', 'hang', 'lose', 'lose-declined'] as const;
export const REFUND_MODES = ['ok', 'fail', 'hang', 'lose'] as const;
export const LOOKUP_MODES = ['ok', 'fail', 'hang'] as const;
export const SMS_MODES = ['ok', 'fail', 'hang', 'lose'] as const;
export const HEADQUARTERS_MODES = ['ok', 'reject', 'coin', 'fail', 'hang', 'lose'] as const;

export interface PaymentKnobs {
  readonly mode: (typeof PAYMENT_MODES)[number];
  readonly refundMode: (typeof REFUND_MODES)[number];
  readonly lookupMode: (typeof LOOKUP_MODES)[number];
  readonly latencyMs: number;
  readonly nextCharges: number | null;
}
export interface SmsKnobs {
  readonly mode: (typeof SMS_MODES)[number];
  readonly latencyMs: number;
}
export interface HeadquartersKnobs {
  readonly mode: (typeof HEADQUARTERS_MODES)[number];
  readonly latencyMs: number;
}

/** With these all is well. */
export const WELL: {
  readonly payment: PaymentKnobs;
  readonly sms: SmsKnobs;
  readonly headquarters: HeadquartersKnobs;
} = {
  payment: { mode: 'ok', refundMode: 'ok', lookupMode: 'ok', latencyMs: 0, nextCharges: null },
  sms: { mode: 'ok', latencyMs: 0 },
  headquarters: { mode: 'ok', latencyMs: 0 },
};

export function isWell<Knobs extends object>(knobs: Knobs, well: Knobs): boolean {
  return (Object.keys(well) as (keyof Knobs)[]).every((name) => knobs[name] === well[name]);
}

export interface PaymentBook {
  readonly charges: readonly {
    readonly key: string;
    readonly status: 'CHARGED' | 'DECLINED';
    readonly amount: number;
    readonly orderId: string;
  }[];
  readonly refunds: readonly { readonly key: string; readonly chargeKey: string; readonly amount: number }[];
  readonly chargeAttempts: Readonly<Record<string, number>>;
  readonly refundAttempts: Readonly<Record<string, number>>;
}

export interface Payment {
  readonly orderId: string;
  readonly charged: boolean;
  readonly amount: number;
  readonly refunded: number;
  /** How often it was asked to charge. */
  readonly attempts: number;
}

/** The newest first, each with what was given back. */
export function paymentsOf({ charges, refunds, chargeAttempts }: PaymentBook): Payment[] {
  const refunded = new Map<string, number>();
  for (const { chargeKey, amount } of refunds) refunded.set(chargeKey, (refunded.get(chargeKey) ?? 0) + amount);
  return charges
    .map(({ key, status, amount, orderId }) => ({
      orderId,
      charged: status === 'CHARGED',
      amount,
      refunded: refunded.get(key) ?? 0,
      attempts: chargeAttempts[key] ?? 0,
    }))
    .toReversed();
}

/** @returns won taken, won given back */
export function paymentSums(payments: readonly Payment[]): { taken: number; returned: number } {
  let [taken, returned] = [0, 0];
  for (const { charged, amount, refunded } of payments) {
    if (charged) taken += amount;
    returned += refunded;
  }
  return { taken, returned };
}

export interface Sms {
  readonly id: string;
  readonly to: string;
  readonly text: string;
  /** ISO instant. */
  readonly at: string;
}

export interface Phone {
  readonly to: string;
  readonly messages: readonly Sms[];
}

/** A phone per number, the one with the newest message first; its messages the oldest first. */
export function phonesOf(messages: readonly Sms[]): Phone[] {
  const phones = new Map<string, Sms[]>();
  for (const message of messages) {
    const phone = phones.get(message.to) ?? [];
    phone.push(message);
    // The last that heard something stands last in the map.
    phones.delete(message.to);
    phones.set(message.to, phone);
  }
  return [...phones].map(([to, own]) => ({ to, messages: own })).toReversed();
}

export interface DaySums {
  readonly cafeId: string;
  /** yyyymmdd */
  readonly businessDate: string;
  readonly revision: number;
  readonly salesSum: number;
  readonly salesQty: number;
  readonly orderCount: number;
}

export interface HeadquartersBook {
  readonly transfers: readonly (DaySums & { readonly accepted: boolean })[];
  readonly current: readonly DaySums[];
}

/** The newest day first, cafés in order. */
export function daysOf({ current }: HeadquartersBook): DaySums[] {
  return current.toSorted(
    (one, other) =>
      other.businessDate.localeCompare(one.businessDate) ||
      one.cafeId.localeCompare(other.cafeId, 'en', { numeric: true }),
  );
}
