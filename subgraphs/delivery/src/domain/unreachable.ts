/** Closes a switch over a union: `throw unreachable(value)` compiles only when every case stands before it. */
export function unreachable(value: never): Error {
  return new Error(`a case that was thought impossible: ${JSON.stringify(value)}`);
}
