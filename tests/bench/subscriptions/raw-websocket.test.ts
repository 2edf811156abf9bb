import { clientFrame, opcodes, readFrames } from './raw-websocket.ts';

/** A server's frame. */
function serverFrame(text: string): Buffer {
  const frame = clientFrame(opcodes.text, text);
  const isLong = frame.length > 131;
  const head = frame.subarray(0, isLong ? 4 : 2);
  head[1]! &= 0x7f;
  // Without the mask.
  return Buffer.concat([head, frame.subarray(isLong ? 8 : 6)]);
}

function read(bytes: Buffer, end = bytes.length) {
  const texts: string[] = [];
  const at = readFrames(bytes, 0, end, (_, frame, from, to) => texts.push(frame.toString('utf8', from, to)));
  return { texts, at };
}

describe('the frames that a server sends', () => {
  const long = 'é'.repeat(300);
  const all = Buffer.concat([serverFrame('{"a":1}'), serverFrame(long), serverFrame('')]);

  it('are all told when they come at once', () => {
    expect(read(all)).toEqual({ texts: ['{"a":1}', long, ''], at: all.length });
  });

  it('are told when the last of their bytes is there, wherever they are cut', () => {
    for (let end = 0; end < all.length; end++) {
      const first = read(all, end);
      const rest = read(all.subarray(first.at));
      expect([...first.texts, ...rest.texts]).toEqual(['{"a":1}', long, '']);
    }
  });
});
