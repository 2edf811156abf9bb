import type { AnyVariables, TypedDocumentNode } from '@urql/core';
import { person } from '../shell/session.ts';
import { asPerson } from './as-person.ts';
import { problemOf, type Problem } from './problem.ts';

/** What became of a command: an answer (with refusals in it, perhaps), or none that is known. */
export type Outcome<Data> =
  { readonly answer: Data; readonly problem?: undefined } | { readonly answer?: undefined; readonly problem: Problem };

export interface CommandOptions {
  /** Told when the first try got no answer and it is tried again. */
  readonly trying?: (tries: number) => void;
  /** In ms; after that the problem is told. @default 60_000 */
  readonly patience?: number;
}

/** Between tries, in ms. */
const WAITS = [300, 700, 1_500, 3_000, 5_000] as const;

/**
 * Sends a mutation until it is answered: its input carries an idempotency key, so that sending it again has no second effect.
 * Refusals are answers. What is wrong with the request itself is told at once. It is the person's who gave it: when they sign out it
 * is not sent again, and the problem is `signedOut`.
 */
export async function command<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  { trying, patience = 60_000 }: CommandOptions = {},
): Promise<Outcome<Data>> {
  const subject = person.value?.subject;
  const until = Date.now() + patience;
  for (let tries = 1; ; tries += 1) {
    const result = await asPerson(subject, (client, context) =>
      client.mutation(document, variables, context).toPromise(),
    );
    if (result === undefined) return { problem: { kind: 'signedOut' } };
    const { data, error } = result;
    if (data != null && Object.values(data).every((field) => field !== null)) return { answer: data };
    const problem: Problem =
      error === undefined ? { kind: 'failed', message: '', reference: undefined } : problemOf(error, false);
    const again = problem.kind === 'unreachable' || problem.kind === 'busy' || problem.kind === 'partly';
    const wait = WAITS[Math.min(tries, WAITS.length) - 1]!;
    if (!again || Date.now() + wait > until) return { problem };
    trying?.(tries);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
