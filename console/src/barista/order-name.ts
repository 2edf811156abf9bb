import { shortId, type Delivery } from './board.ts';
import { text } from './text.ts';

/** What an order is called: by its number, before it has one by the end of its id. */
export function orderName({ queueNumber, orderId }: Delivery): string {
  return queueNumber === null ? text.now.newOrder(shortId(orderId)) : text.now.order(queueNumber);
}

/** The same inside of a sentence about "order …". */
export function orderMark({ queueNumber, orderId }: Delivery): string {
  return queueNumber === null ? shortId(orderId) : text.now.inSentence(queueNumber);
}
