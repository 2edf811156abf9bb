/** What an execution gave, as the comparison wants it. */
export interface Answer {
  /** As it came, from an executor that writes text. */
  readonly text?: string;
  readonly data: unknown;
  readonly errors: readonly AnswerError[];
  /** Nulls where none may be and invalid values, as far as they are told apart from `errors`. */
  readonly completion: readonly AnswerError[];
}

export interface AnswerError {
  readonly message: string;
  readonly path?: readonly (string | number)[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** Answers of a subscription are those of its events. */
export type Answers = readonly Answer[];
