import type { FormatError } from '@cafe-for-me/lib/errors';
import type { Executed } from '../execution/executed.ts';
import { answerText } from '../pipeline/answer-text.ts';
import type { LiveMessage } from './live-client.ts';
import type { Telling } from './telling.ts';

/** A result as it goes to clients, written once, and once more for each thing that some of them have to be told with it. */
export class Written implements LiveMessage {
  readonly text: string;
  readonly resume: string;
  readonly occurredAt: number | undefined;
  #others: Map<Telling, LiveMessage> | undefined;

  constructor(executed: Executed, resume: string, occurredAt: number | undefined, format: FormatError) {
    const { data, errors, extensions } = executed;
    const result = answerText({ data, ...(errors && { errors }) }, format);
    const said = JSON.stringify({ ...extensions, resume });
    this.text = `${result.slice(0, -1)},"extensions":${said}}`;
    this.resume = resume;
    this.occurredAt = occurredAt;
  }

  with(telling: Telling | undefined): LiveMessage {
    if (telling === undefined) return this;
    this.#others ??= new Map();
    let other = this.#others.get(telling);
    if (other === undefined) {
      const { text, resume, occurredAt } = this;
      other = { text: `${text.slice(0, -2)}${telling.json}}}`, resume, occurredAt };
      this.#others.set(telling, other);
    }
    return other;
  }
}
