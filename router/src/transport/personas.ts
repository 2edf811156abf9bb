import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OfferedToken } from './playground.ts';
import { nameIn, type ToOwnName } from './own-name.ts';
import { fromSameOrigin } from './same-origin.ts';
import { sendError, sendJson } from './whole-answer.ts';

/**
 * Answers `/demo/personas`: whom a person may be in a demonstration, with a token for each. Refused where the router has none to
 * offer, as it should outside of demonstrations.
 */
export function createPersonas(
  tokens: readonly OfferedToken[] | undefined,
  toOwnName: ToOwnName,
): (request: IncomingMessage, response: ServerResponse) => void {
  const text = tokens === undefined ? undefined : JSON.stringify({ personas: tokens });

  return function answer(request, response) {
    response.setHeader('cache-control', 'no-store');
    response.setHeader('x-content-type-options', 'nosniff');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      sendError(response, 405, 'BAD_REQUEST', 'This can only be read.');
    } else if (!fromSameOrigin(request)) {
      sendError(response, 403, 'FORBIDDEN', 'Only pages of this host may sign somebody in.');
    } else if (text === undefined) {
      sendError(response, 404, 'DEMO_OFF', 'This is no demonstration: nobody can be signed in here.');
    } else if (!toOwnName(request)) {
      const name = nameIn(request.headers.host ?? '') ?? 'no host';
      const why = `Nobody can be signed in under the name ${name}, which the router does not know as its own (listen.names).`;
      sendError(response, 404, 'DEMO_OFF', why);
    } else sendJson(response, 200, text);
  };
}
