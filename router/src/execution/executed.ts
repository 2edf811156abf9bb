import type { GraphQLError } from 'graphql';

/** What an execution gives. */
export interface Executed {
  /** The answer's `data` as JSON text; undefined when nothing was executed. */
  readonly data: string | undefined;
  /** `{"data":…}` as JSON in UTF-8, where the data were written as bytes: for those who send nothing else. */
  readonly answer?: Buffer;
  readonly errors?: readonly GraphQLError[];
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** Of a subscription's event: it is not to be delivered, as its client may not have any more what it began with. */
  readonly withdrawn?: true;
}

export const answerStart = '{"data":';
export const answerEnd = '}';

/** What was written as bytes, and becomes a text for those who want one. */
export class WrittenAnswer implements Executed {
  readonly answer: Buffer;
  readonly errors?: readonly GraphQLError[];

  constructor(answer: Buffer, errors?: readonly GraphQLError[]) {
    this.answer = answer;
    if (errors !== undefined && errors.length > 0) this.errors = errors;
  }

  get data(): string {
    return this.answer.toString('utf8', answerStart.length, this.answer.length - answerEnd.length);
  }
}
