import type { ServerResponse } from 'node:http';

/** A GraphQL error as the whole answer. */
export function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  sendJson(response, status, JSON.stringify({ errors: [{ message, extensions: { code } }] }));
}

/** JSON as the whole answer; headers that were set before stay. */
export function sendJson(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/json; charset=utf-8');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}
