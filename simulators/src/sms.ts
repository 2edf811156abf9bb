/** The SMS provider: sends once per key, and keeps an inbox per number to look into. */
import { z } from 'zod';
import { BadCall, checked, createSimulator, ok, sameKey, SILENCE, type Answer, type Simulator } from './http.ts';
import { openJournal, type Journal } from './journal.ts';
import { after, createKnobs, latencyMs } from './knobs.ts';

interface Message {
  readonly id: string;
  readonly key: string;
  readonly to: string;
  readonly text: string;
  /** ISO instant. */
  readonly at: string;
}

const messageInput = z.object({
  key: z.string().min(1).max(200),
  // A phone number, or who the member is whose number the provider knows: such an id may be long.
  to: z.string().min(1).max(250),
  text: z.string().min(1).max(2000),
});

const knobShape = {
  /** fail: 500, not sent. hang: no answer, not sent. lose: sent, the answer never comes. */
  mode: z.enum(['ok', 'fail', 'hang', 'lose']),
  latencyMs,
};

/**
 * @param now the clock that stamps the messages
 * @param journal keeps the inboxes
 */
export function createSmsSimulator({
  now = () => new Date(),
  journal = openJournal(),
}: { now?: () => Date; journal?: Journal } = {}): Simulator {
  const sent = journal.book<Message>('sent');
  const knobs = createKnobs(knobShape, { mode: 'ok', latencyMs: 0 });

  function send(input: z.output<typeof messageInput>): Answer | typeof SILENCE {
    const { mode } = knobs.now;
    if (mode === 'fail') throw new BadCall(500, 'the SMS system failed; nothing was sent');
    if (mode === 'hang') return SILENCE;
    const message = sent.get(input.key) ?? { id: `sms-${sent.size + 1}`, ...input, at: now().toISOString() };
    sent.set(input.key, message);
    return mode === 'lose' ? SILENCE : ok({ id: message.id, key: message.key, status: 'SENT' });
  }

  return createSimulator({
    'POST /messages': (call) => {
      const input = checked(messageInput, call.body);
      sameKey(call, input.key);
      return after(knobs.now.latencyMs, () => send(input));
    },
    'GET /inbox': ({ query }) => {
      // A plus sign that was not percent-encoded arrives as a space.
      const to = query.get('to')?.replace(/^ /, '+');
      const all = [...sent.values()];
      return ok({ messages: to === undefined ? all : all.filter((message) => message.to === to) });
    },
    'POST /reset': () => {
      sent.clear();
      knobs.reset();
      return ok({ status: 'reset' });
    },
    ...knobs.routes,
  });
}
