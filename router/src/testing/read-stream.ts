import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';

/** One server-sent event, or a comment. */
export interface ServerSentEvent {
  comment?: string;
  retry?: number;
  id?: string;
  event?: string;
  data?: unknown;
}

/** A request whose answer stays open: what comes is given in pieces, as the client's way of reading cuts them. */
export async function openStream<Piece>(
  url: string,
  read: (text: string) => { pieces: Piece[]; rest: string },
  options: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
) {
  const { method = 'POST', headers = {}, body } = options;
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const request: ClientRequest = httpRequest(url, { method, headers: { ...type, ...headers }, agent: false });
  request.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const pieces: Piece[] = [];
  let text = '';
  let ended: 'end' | 'broken' | undefined;
  let wake: (() => void) | undefined;
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    const known = read(text + chunk);
    text = known.rest;
    pieces.push(...known.pieces);
    wake?.();
  });
  const end = (how: 'end' | 'broken') => () => {
    ended ??= how;
    wake?.();
  };
  response.on('end', end('end'));
  response.on('error', end('broken'));
  response.on('close', end('broken'));

  return {
    status: response.statusCode,
    headers: response.headers,
    response,
    /** The next piece; 'end' or 'broken' when there is none any more. */
    async next(): Promise<Piece | 'end' | 'broken'> {
      while (pieces.length === 0 && ended === undefined) await new Promise<void>((resolve) => (wake = resolve));
      return pieces.shift() ?? ended!;
    },
    /** What came and is no whole piece. */
    rest: () => text,
    close: () => void request.destroy(),
  };
}

/** Reads an event stream (HTML, section 9.2.6). */
export function readEvents(text: string): { pieces: ServerSentEvent[]; rest: string } {
  const blocks = text.split('\n\n');
  const rest = blocks.pop()!;
  const pieces = blocks.map((block) => {
    const event: ServerSentEvent = {};
    const data: string[] = [];
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      const value = line.slice(colon + 1).replace(/^ /, '');
      if (colon === 0) event.comment = value;
      else if (line.startsWith('data')) data.push(value);
      else if (line.startsWith('retry')) event.retry = Number(value);
      else if (line.startsWith('id')) event.id = value;
      else if (line.startsWith('event')) event.event = value;
    }
    if (data.length > 0) event.data = data.join('\n') === '' ? '' : JSON.parse(data.join('\n'));
    return event;
  });
  return { pieces, rest };
}

/** Reads parts as Apollo Client does: up to each boundary; the last one ends all. */
export function readParts(text: string): { pieces: unknown[]; rest: string } {
  const boundary = '\r\n--graphql';
  const all = text.split(boundary);
  const rest = all.pop()!;
  const pieces = all
    .filter((part) => part !== '')
    .map((part): unknown => {
      const [head, body] = part.split('\r\n\r\n');
      if (!/^\r\ncontent-type: application\/json$/i.test(head!)) throw new Error(`What is ${JSON.stringify(part)}?`);
      return JSON.parse(body!);
    });
  return rest.startsWith('--') ? { pieces: [...pieces, 'closed'], rest: '' } : { pieces, rest: boundary + rest };
}
