import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { nestsTooDeep } from '../limits/nesting.ts';

/** A body that is not taken: its status and why. */
export class BodyRefused extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * Reads a JSON body. A body of another type is not read, and counts as absent: the CSRF check in the pipeline has a
 * sentence for it.
 *
 * @throws BodyRefused
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  if (!isJson(request)) {
    request.resume();
    return undefined;
  }
  return parsed(await readBytes(request, maxBytes));
}

/** Whether it says that its body is JSON. */
export function isJson({ headers }: IncomingMessage): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\b/i.test(headers['content-type'] ?? '');
}

/** @throws BodyRefused when there are more than `maxBytes` */
export function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = () => new BodyRefused(413, 'REQUEST_TOO_LARGE', `The request is larger than ${maxBytes} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge());
  return new Promise(function read(resolve, reject) {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', function onChunk(chunk: Buffer) {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else {
        request.pause();
        reject(tooLarge());
      }
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

function parsed(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  // Decoded leniently, other bytes than those that came would reach the subgraphs.
  if (!isUtf8(bytes)) throw new BodyRefused(400, 'BAD_REQUEST', 'The request body is not UTF-8.');
  const text = bytes.toString();
  if (nestsTooDeep(text)) throw new BodyRefused(400, 'BAD_REQUEST', 'The request body is nested too deep.');
  try {
    return JSON.parse(text);
  } catch {
    throw new BodyRefused(400, 'BAD_REQUEST', 'The request body is not JSON.');
  }
}
