/**
 * Looks again and again until what is looked at fits; for what becomes true by itself and tells nobody.
 *
 * @param look gives the present state; its exceptions count as "not yet"
 * @param fits whether it is as wanted
 * @param withinMs gives up after so long, with the last state in the message
 */
export async function eventually<State>(
  look: () => Promise<State>,
  fits: (state: State) => boolean,
  withinMs = 20_000,
): Promise<State> {
  const deadline = Date.now() + withinMs;
  let last: unknown;
  for (;;) {
    try {
      const state = await look();
      if (fits(state)) return state;
      last = state;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(
        `not so within ${withinMs} ms; last seen: ${last instanceof Error ? last.stack : JSON.stringify(last)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
