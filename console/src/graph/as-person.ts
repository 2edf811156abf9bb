import type { AnyVariables, Client, OperationContext, OperationResult } from '@urql/core';
import { endSession, person } from '../shell/session.ts';
import { renewedToken } from '../shell/renewal.ts';
import { clientOf } from './client.ts';
import { problemOf } from './problem.ts';

/**
 * Asks in the name of whoever is signed in, from the first try to the answer: another person who signs in meanwhile neither
 * sends it nor gets it. A token that is refused is renewed once; where that is of no use, the session is over.
 *
 * @param subject who it is for
 * @returns undefined when somebody else is signed in, or nobody
 */
export async function asPerson<Data, Variables extends AnyVariables>(
  subject: string | undefined,
  send: (client: Client, context: Partial<OperationContext>) => Promise<OperationResult<Data, Variables>>,
): Promise<OperationResult<Data, Variables> | undefined> {
  const who = person.value;
  if (who?.subject !== subject) return undefined;
  const client = clientOf(subject);
  let result = await send(client, contextOf(who?.token));
  if (who !== undefined && person.value?.subject === subject && isRefused(result)) {
    const token = await renewedToken(who.subject);
    if (person.value?.subject !== subject) return undefined;
    if (token !== undefined && token !== who.token) result = await send(client, contextOf(token));
    if (token !== undefined && isRefused(result)) endSession(who.subject);
  }
  return person.value?.subject === subject ? result : undefined;
}

function contextOf(token: string | undefined): Partial<OperationContext> {
  return { fetchOptions: { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } } };
}

function isRefused({ error, data }: OperationResult): boolean {
  return error !== undefined && problemOf(error, data != null).kind === 'signedOut';
}
