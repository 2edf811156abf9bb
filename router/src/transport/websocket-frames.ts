import type { WebSocket } from 'ws';

/** What of a socket is needed to send. */
type Sender = Pick<WebSocket, 'readyState' | 'OPEN' | 'send'>;

/** Sends a text; resolves when it has left, or when the socket is closed: its `close` is what ends its operations. */
export function sent(socket: Sender, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === socket.OPEN) socket.send(text, () => resolve());
    else resolve();
  });
}

const end: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * Sends the answers of operation `id` as they are, bytes that need no further shaping, and gives graphql-ws an iterator
 * without values: all that is left for it to send is the operation's end, or the error that `answers` throws.
 *
 * The next answer is asked for when the one before has left. After `return()` nothing is sent any more.
 */
export function frames<T>(
  id: string,
  answers: AsyncIterator<T>,
  socket: Sender,
  textOf: (answer: T) => string,
): AsyncIterableIterator<never> {
  const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  let over = false;

  /** An answer that can't be written ends the operation, and what feeds it. */
  async function textOrEnd(answer: T): Promise<string> {
    try {
      return textOf(answer);
    } catch (error) {
      await answers.return?.();
      throw error;
    }
  }

  return {
    async next() {
      while (true) {
        const step = await answers.next();
        if (step.done === true || over) return end;
        await sent(socket, `${head}${await textOrEnd(step.value)}}`);
      }
    },
    async return() {
      over = true;
      await answers.return?.();
      return end;
    },
    async throw(error) {
      over = true;
      await answers.return?.();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** An iterator of one value. */
export async function* only<T>(value: T): AsyncGenerator<T, undefined, undefined> {
  yield value;
}
