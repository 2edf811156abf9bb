import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Time for the client to read the answer. */
const cutOffMs = 2_000;

/**
 * A GraphQL error as the whole answer, where there is no response object to write it to; the connection ends.
 *
 * @param retryAfterSeconds when the client may try again, where that makes sense
 */
export function endWithError(
  socket: Duplex,
  status: number,
  code: string,
  message: string,
  retryAfterSeconds?: number,
): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  // A socket that was upgraded is left without anybody to hear that its client has gone.
  socket.on('error', () => socket.destroy());
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(retryAfterSeconds === undefined ? [] : [`retry-after: ${retryAfterSeconds}`]),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // An upgraded socket would wait for ever for a client that doesn't close its side.
  const cut = setTimeout(() => socket.destroy(), cutOffMs);
  socket.once('close', () => clearTimeout(cut));
}

const answers: ReadonlyMap<unknown, readonly [status: number, code: string, message: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'REQUEST_TOO_LARGE', 'The headers of the request are too large.']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', [413, 'REQUEST_TOO_LARGE', 'The chunk extensions of the request are too large.']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'REQUEST_TIMEOUT', 'The request did not arrive in time.']],
]);

/** Answers what is no HTTP, or too much of it. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET') socket.destroy();
  else endWithError(socket, ...(answers.get(error.code) ?? [400, 'BAD_REQUEST', 'This is no HTTP request.']));
}
