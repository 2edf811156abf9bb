import type { Worker } from 'node:cluster';

/** What a worker says to the primary once it serves. */
export const serving = 'serving';

/** How long the others may take to answer, in ms. */
const longestAnswer = 1_000;

type Message =
  | { readonly kind: 'ask' | 'question'; readonly topic: string; readonly id: number }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'answers'; readonly id: number; readonly answers: readonly unknown[] };

/** The processes that serve together, as one of them sees them. */
export interface Siblings {
  /** Says what this one answers when one of them asks. */
  answer(topic: string, give: () => unknown): void;
  /**
   * Asks all, this one included, and waits no longer than a second for those that don't answer.
   *
   * @returns what they answered: anything that JSON can carry
   */
  ask(topic: string): Promise<readonly unknown[]>;
}

/** The part of `process` that is needed; without `send` there are no others. */
interface Channel {
  send?(message: unknown): unknown;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

export function createSiblings(channel: Channel = process): Siblings {
  const answers = new Map<string, () => unknown>();
  const asked = new Map<number, (all: readonly unknown[]) => void>();
  let lastId = 0;
  const send = (message: Message) => void channel.send?.(message);

  if (channel.send !== undefined) {
    channel.on('message', function heard(received) {
      const message = messageIn(received);
      if (message?.kind === 'question') void answerTo(message.topic, message.id);
      if (message?.kind === 'answers') {
        asked.get(message.id)?.(message.answers);
        asked.delete(message.id);
      }
    });
  }

  async function answerTo(topic: string, id: number): Promise<void> {
    send({ kind: 'answer', id, answer: await answers.get(topic)?.() });
  }

  return {
    answer: (topic, give) => void answers.set(topic, give),
    async ask(topic) {
      if (channel.send === undefined) return [await answers.get(topic)?.()];
      lastId += 1;
      const id = lastId;
      return new Promise((resolve) => {
        asked.set(id, resolve);
        send({ kind: 'ask', topic, id });
      });
    },
  };
}

interface Round {
  readonly by: Worker;
  readonly id: number;
  readonly answers: unknown[];
  readonly timer: NodeJS.Timeout;
  missing: number;
}

const rounds = new Map<number, Round>();
let lastRound = 0;

/** The primary's side: what one worker asks goes to all, and their answers go back to it together. */
export function passAmongWorkers(received: unknown, from: Worker, alive: () => readonly Worker[]): void {
  const message = messageIn(received);
  if (message?.kind === 'ask') {
    lastRound += 1;
    const round = lastRound;
    const workers = alive().filter((worker) => worker.isConnected());
    const timer = setTimeout(() => finish(round), longestAnswer);
    rounds.set(round, { by: from, id: message.id, answers: [], timer, missing: workers.length });
    for (const worker of workers) worker.send({ kind: 'question', topic: message.topic, id: round } satisfies Message);
  } else if (message?.kind === 'answer') {
    const round = rounds.get(message.id);
    if (round === undefined) return;
    round.answers.push(message.answer);
    round.missing -= 1;
    if (round.missing === 0) finish(message.id);
  }
}

function finish(round: number): void {
  const { by, id, answers, timer } = rounds.get(round)!;
  rounds.delete(round);
  clearTimeout(timer);
  if (by.isConnected()) by.send({ kind: 'answers', id, answers } satisfies Message);
}

function messageIn(received: unknown): Message | undefined {
  return typeof received === 'object' && received !== null && 'kind' in received ? (received as Message) : undefined;
}
