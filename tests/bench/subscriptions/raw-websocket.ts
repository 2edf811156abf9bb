/**
 * As much of WebSocket as a client needs that opens ten thousand of them and must cost little, because it shares its core with
 * nearly everything but what is measured. It knows whole messages of servers (no extensions, no fragments).
 */

export const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/** Looks at a frame's payload, which lies in `bytes` from `from` to `to` and only until it returns. */
export type OnFrame = (opcode: number, bytes: Buffer, from: number, to: number) => void;

/** The request that opens a socket for graphql-transport-ws. */
export function upgradeRequest(port: number, path: string): string {
  const head = [
    `GET ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    'connection: Upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    // The example of RFC 6455; nobody looks at what the server makes of it.
    'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol: graphql-transport-ws',
  ];
  return `${head.join('\r\n')}\r\n\r\n`;
}

/** A frame as clients send it, at most 64 KiB. Its mask is zero, so that the payload stands in it as it is. */
export function clientFrame(opcode: number, payload: string | Buffer): Buffer {
  const length = Buffer.byteLength(payload);
  const isLong = length > 125;
  const start = isLong ? 8 : 6;
  const frame = Buffer.alloc(start + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (isLong ? 126 : length);
  if (isLong) frame.writeUInt16BE(length, 2);
  if (typeof payload === 'string') frame.write(payload, start);
  else payload.copy(frame, start);
  return frame;
}

/**
 * Tells the frames that lie whole in `bytes` up to `end`.
 *
 * @returns where the first begins that is not all there
 */
export function readFrames(bytes: Buffer, begin: number, end: number, onFrame: OnFrame): number {
  let at = begin;
  while (end - at >= 2) {
    const first = bytes[at]!;
    let length = bytes[at + 1]! & 0x7f;
    let from = at + 2;
    if (length === 126) {
      if (end - at < 4) break;
      length = bytes.readUInt16BE(from);
      from += 2;
    } else if (length === 127) {
      if (end - at < 10) break;
      length = Number(bytes.readBigUInt64BE(from));
      from += 8;
    }
    const to = from + length;
    if (to > end) break;
    if ((first & 0xf0) !== 0x80) throw new Error('The server sends fragments or extensions that nobody asked for.');
    onFrame(first & 0x0f, bytes, from, to);
    at = to;
  }
  return at;
}
