import { createMessageReader } from './raw-http.ts';

const whole = 'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"data":{}}';
const inChunks = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\n{"da\r\n7\r\nta":{}}\r\n0\r\n\r\n';

describe('a reader of HTTP messages', () => {
  it.each([
    ['with a length', whole],
    ['in chunks', inChunks],
  ])('gives a body %s when its last byte is there, wherever the pieces are cut', (_, text) => {
    const bytes = Buffer.from(text);
    for (let cut = 1; cut < bytes.length; cut++) {
      const read = createMessageReader();
      expect(read(bytes.subarray(0, cut))).toBeUndefined();
      const message = read(bytes.subarray(cut));
      expect([message?.length, message?.body()]).toEqual([11, '{"data":{}}']);
    }
  });

  it('begins anew with the next message of the same connection', () => {
    const read = createMessageReader();
    const texts = [whole, inChunks, whole].map((text) => read(Buffer.from(text))?.body());
    expect(texts).toEqual(['{"data":{}}', '{"data":{}}', '{"data":{}}']);
  });

  it('knows that a message without a length has no body', () => {
    const message = createMessageReader()(Buffer.from('GET /counts HTTP/1.1\r\nhost: x\r\n\r\n'));
    expect([message?.head.split(' ')[1], message?.length]).toEqual(['/counts', 0]);
  });
});
