/** Why the caller gets no answer at all. What a caller can act on within an answer is a value, not this. */
export type RefusalCode = 'UNAUTHENTICATED' | 'FORBIDDEN' | 'BAD_USER_INPUT';

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  /** The argument that is wrong, outermost name first. */
  readonly path: readonly string[] | undefined;

  constructor(code: RefusalCode, message: string, path?: readonly string[]) {
    super(message);
    this.code = code;
    this.path = path;
  }
}
