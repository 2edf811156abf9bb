import type { LiveMessage } from '../live/live-client.ts';

/** First bytes of frames that are whole messages (RFC 6455, section 5.2); a server masks nothing. */
const textFrameStart = 0x81;
const pongFrameStart = 0x8a;

export const pingFrame = Buffer.from([0x89, 0]);

const head = '{"id":';
const middle = ',"type":"next","payload":';
const tail = '}';
const fixedLength = head.length + middle.length + tail.length;

/** @param length of what is in the frame. @returns a frame of which only the first bytes are written, and how many */
function begun(start: number, length: number): readonly [frame: Buffer, offset: number] {
  const offset = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(offset + length);
  frame[0] = start;
  if (offset === 2) frame[1] = length;
  else if (offset === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  return [frame, offset];
}

export function textFrame(text: string): Buffer {
  const [frame, offset] = begun(textFrameStart, Buffer.byteLength(text));
  frame.write(text, offset);
  return frame;
}

/** @param data what the ping carried: at most 125 bytes, the protocol says */
export function pongFrame(data: Buffer): Buffer {
  const [frame, offset] = begun(pongFrameStart, data.length);
  data.copy(frame, offset);
  return frame;
}

/** JSON of nothing but ASCII, so that its length is that of its bytes. */
export function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Makes the frames of `next` messages. A message goes to thousands of sockets, one after the other: its bytes are made once,
 * and what is left for each is to copy them behind the id; not even that where the id is that of the one before, as ids that
 * are just counted are.
 */
export class NextFrames {
  #message: LiveMessage | undefined;
  #bytes: Buffer = Buffer.alloc(0);
  #id = '';
  #frame = this.#bytes;

  /** @param id the operation's, as `asciiJson` writes it */
  of(id: string, message: LiveMessage): Buffer {
    if (message !== this.#message) {
      this.#message = message;
      this.#bytes = Buffer.from(message.text);
      this.#id = '';
    }
    if (id !== this.#id) {
      this.#frame = this.#framed(id);
      this.#id = id;
    }
    return this.#frame;
  }

  #framed(id: string): Buffer {
    const bytes = this.#bytes;
    const [frame, start] = begun(textFrameStart, fixedLength + id.length + bytes.length);
    const offset = start + frame.write(`${head}${id}${middle}`, start, 'latin1');
    bytes.copy(frame, offset);
    frame[frame.length - 1] = 0x7d;
    return frame;
  }
}
