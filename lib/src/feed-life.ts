import type { NatsConnection } from 'nats';
import { parseEnvelope } from './events.ts';
import { messageAt, streamState, type StreamState } from './feed-source.ts';

/** A stream and its life: one that was made anew, or set back, is another, in which sequences mean something else. */
export interface StreamLife {
  /** Stands in positions. */
  readonly name: string;
  /** As it was when reading it began. */
  readonly state: StreamState;
}

/** @param before the life that this one comes after */
export function lifeOf(stream: string, state: StreamState, before: StreamLife | undefined): StreamLife {
  const name = `${stream}-${Date.parse(state.created).toString(36)}`;
  const isSetBack = before?.state.created === state.created;
  return { name: isSetBack ? `${name}-${state.last.toString(36)}-${Date.now().toString(36)}` : name, state };
}

/**
 * Whether a stream is still the one that was read. One that was set back has grown since, perhaps: then it has another message
 * where the last one was that was seen.
 */
export async function isSameLife(
  nc: NatsConnection,
  stream: string,
  { before, now, head, headId }: { before: StreamState; now: StreamState; head: number; headId: string | undefined },
): Promise<boolean> {
  if (before.created !== now.created || now.last < head) return false;
  if (headId === undefined) return true;
  const text = await messageAt(nc, stream, head);
  return text === undefined || idIn(text) === headId;
}

function idIn(text: string): string | undefined {
  try {
    return parseEnvelope(text).id;
  } catch {
    return undefined;
  }
}

/** For how long an answer of the broker is good enough, in milliseconds. */
const FRESH_MS = 500;
/** A subscriber waits for it, and can do without. */
const ANSWER_WITHIN_MS = 1_000;

/** The stream as the broker has it now; it is asked once for all who want to know in the same moment. */
export interface StreamLook {
  /** Undefined while the broker does not answer. @param accept an older answer that is not accepted is asked for anew */
  state(accept?: (state: StreamState) => boolean): Promise<StreamState | undefined>;
}

export function createStreamLook(stream: string, connection: () => NatsConnection | undefined): StreamLook {
  let asked: { readonly at: number; readonly answer: Promise<StreamState | undefined> } | undefined;

  function ask(nc: NatsConnection): Promise<StreamState | undefined> {
    const answer = streamState(nc, stream, ANSWER_WITHIN_MS).catch(() => undefined);
    asked = { at: performance.now(), answer };
    return answer;
  }

  return {
    async state(accept = () => true) {
      const nc = connection();
      if (nc === undefined) return undefined;
      if (asked === undefined || performance.now() - asked.at > FRESH_MS) return ask(nc);
      const { answer } = asked;
      const state = await answer;
      if (state === undefined || accept(state)) return state;
      // Somebody else may have asked anew by now.
      return asked?.answer === answer ? ask(nc) : asked?.answer;
    },
  };
}
