/**
 * As much of HTTP/1.1 as two ends need that know each other: it must cost little, because both ends of what is measured share
 * a core. It understands bodies with a length and bodies in chunks; requests are not pipelined.
 */

const HEAD_END = Buffer.from('\r\n\r\n');

export interface Message {
  /** Start line and header fields. */
  readonly head: string;
  /** Of the body, in bytes. */
  readonly length: number;
  /** The body in Latin-1: each byte is a character, which is enough to compare bodies and costs no decoding. */
  body(): string;
}

/**
 * Collects what comes in over a connection.
 *
 * @returns the message when the last byte of it is there, else undefined
 */
export function createMessageReader(): (chunk: Buffer) => Message | undefined {
  let pending: Buffer | undefined;
  let head: string | undefined;
  let bodyAt = 0;
  /** Undefined for a body in chunks. */
  let bodyEnd: number | undefined;

  return function read(chunk) {
    const all = pending === undefined ? chunk : Buffer.concat([pending, chunk]);
    pending = all;
    if (head === undefined) {
      const end = all.indexOf(HEAD_END);
      if (end < 0) return undefined;
      head = all.toString('latin1', 0, end);
      bodyAt = end + HEAD_END.length;
      const given = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
      const inChunks = given === undefined && /\r\ntransfer-encoding: *chunked/i.test(head);
      bodyEnd = inChunks ? undefined : bodyAt + Number(given ?? 0);
    }
    if (bodyEnd !== undefined && all.length < bodyEnd) return undefined;
    const pieces = bodyEnd === undefined ? chunksOf(all, bodyAt) : [bodyAt, bodyEnd];
    if (pieces === undefined) return undefined;
    const message = messageOf(head, all, pieces);
    pending = undefined;
    head = undefined;
    return message;
  };
}

/** @param pieces where each piece of the body begins and ends */
function messageOf(head: string, all: Buffer, pieces: readonly number[]): Message {
  let length = 0;
  for (let at = 0; at < pieces.length; at += 2) length += pieces[at + 1]! - pieces[at]!;
  return {
    head,
    length,
    body() {
      let body = '';
      for (let at = 0; at < pieces.length; at += 2) body += all.toString('latin1', pieces[at], pieces[at + 1]);
      return body;
    },
  };
}

/** Where each chunk of a body begins and ends, or undefined when the last is not there yet. */
function chunksOf(all: Buffer, from: number): number[] | undefined {
  const pieces: number[] = [];
  for (let at = from; ;) {
    const lineEnd = all.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(all.toString('latin1', at, lineEnd), 16);
    const dataAt = lineEnd + 2;
    if (all.length < dataAt + size + 2) return undefined;
    if (size === 0) return pieces;
    pieces.push(dataAt, dataAt + size);
    at = dataAt + size + 2;
  }
}
