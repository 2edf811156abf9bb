import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** Sends a whole answer with its length, JSON unless `headers` says otherwise. Nothing is sent to a client that is gone. */
export function sendText(response: ServerResponse, status: number, text: string, headers?: OutgoingHttpHeaders): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

/** The body of an answer that holds one GraphQL error and nothing else. */
export function errorBody(code: string, message: string): string {
  return JSON.stringify({ errors: [{ message, extensions: { code } }] });
}
