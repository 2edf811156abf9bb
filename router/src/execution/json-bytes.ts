/**
 * JSON text as UTF-8, written into one piece of memory that is used again for each answer. Most of an answer is plain ASCII,
 * which is copied character by character while it is looked at: a string would have to be looked at, put together, measured,
 * and encoded.
 *
 * From the first byte to `take` nothing may wait: there is one of it.
 */
export interface JsonBytes {
  /** How far it is written. Setting it back takes back what stands behind. */
  end: number;
  /** Text that is JSON already, and ASCII: see `asciiBytes`. */
  raw(bytes: Uint8Array): void;
  /** Text that is JSON already. */
  text(text: string): void;
  /** A string as a JSON string. */
  string(value: string): void;
  /** What was written from `from` to `to`, once more. */
  again(from: number, to: number): void;
  /** A copy of what was written from the beginning, after which it begins again. */
  take(): Buffer;
}

/** Beyond this length, looking and copying by native code is faster. */
const longText = 40;
/** Anything but printable ASCII without quotation mark and backslash. */
const unusual = /[^ !#-[\]-~]/;
/** Bytes that are kept for the next answer; a rare giant is let go of. */
const mostKept = 8 * 1024 * 1024;
const quotationMark = 34;
const backslash = 92;

/** @param size in bytes, at the beginning; it grows with the longest answer */
export function createJsonBytes(size = 1 << 16): JsonBytes {
  let memory = Buffer.allocUnsafeSlow(size);
  let space = size;

  function reserve(length: number, end: number): void {
    if (end + length <= space) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(space * 2, end + length));
    memory.copy(larger, 0, 0, end);
    memory = larger;
    space = larger.length;
  }

  const bytes: JsonBytes = {
    end: 0,

    raw(source) {
      const { length } = source;
      reserve(length, bytes.end);
      const target = memory;
      const at = bytes.end;
      for (let index = 0; index < length; index++) target[at + index] = source[index]!;
      bytes.end = at + length;
    },

    text(text) {
      // A UTF-16 unit is three bytes at most.
      reserve(text.length * 3, bytes.end);
      bytes.end += memory.write(text, bytes.end, 'utf8');
    },

    string(value) {
      const { length } = value;
      if (length > longText && unusual.test(value)) {
        bytes.text(JSON.stringify(value));
        return;
      }
      reserve(length + 2, bytes.end);
      const target = memory;
      const start = bytes.end;
      let at = start;
      target[at++] = quotationMark;
      if (length > longText) {
        at += target.write(value, at, 'latin1');
      } else {
        for (let index = 0; index < length; index++) {
          const code = value.charCodeAt(index);
          if (code < 32 || code > 126 || code === quotationMark || code === backslash) {
            bytes.text(JSON.stringify(value));
            return;
          }
          target[at++] = code;
        }
      }
      target[at++] = quotationMark;
      bytes.end = at;
    },

    again(from, to) {
      reserve(to - from, bytes.end);
      memory.copyWithin(bytes.end, from, to);
      bytes.end += to - from;
    },

    take() {
      const taken = Buffer.from(memory.subarray(0, bytes.end));
      bytes.end = 0;
      if (space > mostKept) {
        memory = Buffer.allocUnsafeSlow(size);
        space = size;
      }
      return taken;
    },
  };
  return bytes;
}

/** A text as bytes for `raw`. What is beyond ASCII is escaped. */
export function asciiBytes(json: string): Uint8Array {
  return Buffer.from(
    json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
    'latin1',
  );
}
