import type { DueSms, SmsProvider, SmsQueue, SmsResult, World } from './ports.ts';

/** Sends a batch of SMS, at most one of an order, and stores how it went in one statement. */
export function createSendSms({
  queue,
  provider,
  world,
  pauseAfter,
}: {
  readonly queue: Pick<SmsQueue, 'settle'>;
  readonly provider: SmsProvider;
  readonly world: World;
  /** How long to wait after so many tries, in ms. */
  readonly pauseAfter: (attempt: number) => number;
}) {
  async function sendOne(sms: DueSms): Promise<SmsResult> {
    const { orderId, what, recipient: to, text, attempts } = sms;
    const outcome = await provider.send({ key: smsKey(orderId, what), to, text });
    const now = world.now();
    switch (outcome) {
      case 'SENT':
        return { sms, status: 'SENT', at: now };
      case 'REFUSED':
        world.log({ orderId, what }, 'the SMS was refused for good, it is dropped');
        return { sms, status: 'DROPPED', at: now };
      case 'FAILED':
        return { sms, status: 'PENDING', at: new Date(now.getTime() + pauseAfter(attempts)) };
    }
  }

  return async function sendSms(batch: readonly DueSms[]): Promise<void> {
    await queue.settle(await Promise.all(batch.map(sendOne)));
  };
}

/** One SMS per order and status change: the provider drops doubles by it. */
export function smsKey(orderId: string, what: string): string {
  return `order:${orderId}:${what}`;
}
