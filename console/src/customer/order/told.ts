/** What a café said of an order, as far as it stands in the sentences that the customer was told. */
export interface Told {
  readonly queueNumber?: number;
  readonly pickupCode?: string;
  /** Why it was rejected or canceled. */
  readonly reason?: string;
}

/**
 * Number, code and reason out of an order's messages: the customer's own copy of what the café knows, for the time in which
 * the café's service does not answer.
 *
 * @param messages oldest first
 */
export function toldIn(messages: readonly string[]): Told {
  const found = { queueNumber: undefined, pickupCode: undefined, reason: undefined } as {
    queueNumber: number | undefined;
    pickupCode: string | undefined;
    reason: string | undefined;
  };
  for (const message of messages) {
    const number = /^accepted, no\. (\d+)$/.exec(message)?.[1];
    if (number !== undefined) found.queueNumber = Number(number);
    found.pickupCode = /^ready, code (\S+)$/.exec(message)?.[1] ?? found.pickupCode;
    found.reason = /^(?:rejected|canceled), refunded: (.+)$/.exec(message)?.[1] ?? found.reason;
  }
  return {
    ...(found.queueNumber === undefined ? {} : { queueNumber: found.queueNumber }),
    ...(found.pickupCode === undefined ? {} : { pickupCode: found.pickupCode }),
    ...(found.reason === undefined ? {} : { reason: found.reason }),
  };
}
