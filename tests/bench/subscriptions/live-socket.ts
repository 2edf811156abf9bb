/** One client: a socket of graphql-transport-ws with its subscriptions, which comes back as stock graphql-ws does. */
import { connect, type Socket } from 'node:net';
import { clientFrame, opcodes, readFrames, upgradeRequest } from './raw-websocket.ts';

export interface Operation {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

export interface LiveSocketOptions {
  readonly port: number;
  readonly path: string;
  /** Goes along with `connection_init`. */
  readonly authorization?: string | undefined;
  /** Tells this client's ids from those of others: stock clients make each one up, so no server may count on equal ones. */
  readonly client: number;
  readonly operations: readonly Operation[];
  /**
   * A message of the operation `index`, which lies in `bytes` from `from` to `to` until this returns.
   *
   * @param first whether it is the first since the operation was sent
   */
  onNext(index: number, bytes: Buffer, from: number, to: number, first: boolean): void;
  /** What the operation `index` goes on behind, when it is sent again. */
  resumeOf(index: number): string | undefined;
  /** All operations were sent. */
  subscribed(): void;
  /** Its socket was closed, and it comes back. @param how the close code, or what the system said */
  closed(how: string): void;
  /** Something that ends it for good. */
  failed(reason: string): void;
  /** Whether it comes back when its socket closes. */
  readonly comesBack: boolean;
}

/** Where all sockets of this process read to: what is in it is looked at before the next one reads. */
const shared = Buffer.alloc(256 * 1024);
const HEAD_END = Buffer.from('\r\n\r\n');
const [BRACE, ZERO] = [123, 48];
/** What stands before the id in a message, and behind it in one of type `next`. */
const ID_AT = '{"id":"'.length;
const NEXT = Buffer.from('","type":"next"');
/** An id is as long as a UUID and ends with so many digits, which are its operation's index. */
const ID_LENGTH = 36;
const INDEX_DIGITS = 4;
/** graphql-ws' own `shouldRetry` and fatal codes. */
const FATAL = new Set([4400, 4401, 4406, 4409, 4429, 4500]);
/** In a row. graphql-ws gives up after 5 by itself; a client that shall last sets more. */
const RETRIES = 12;

/** How long graphql-ws waits before it tries for the n-th time, from 0, in ms: `randomisedExponentialBackoff`. */
export function backoff(tries: number): number {
  return 2 ** tries * 1000 + Math.floor(Math.random() * 2700 + 300);
}

/** In the form of a UUID. */
function idOf(client: number, index: number): string {
  const digits = `${client}${`${index}`.padStart(INDEX_DIGITS, '0')}`.padStart(12, '0');
  return `5f0c6a1e-73b2-4d59-9a44-${digits}`;
}

export class LiveSocket {
  private readonly options: LiveSocketOptions;
  private readonly given: string;
  private socket: Socket | undefined;
  private phase: 'closed' | 'opening' | 'open' | 'subscribed' = 'closed';
  private pending: Buffer | undefined;
  /** Operations that had no message since they were sent. */
  private silent = new Set<number>();
  private tries = 0;
  private closedWith: string | undefined;
  private over = false;
  /** How long it waited in all since it was last subscribed, in ms. */
  waited = 0;

  constructor(options: LiveSocketOptions) {
    this.options = options;
    const { authorization } = options;
    this.given = JSON.stringify({ type: 'connection_init', ...(authorization && { payload: { authorization } }) });
  }

  open(): void {
    const { port, path } = this.options;
    this.phase = 'opening';
    this.pending = undefined;
    const socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: {
        buffer: shared,
        callback: (length) => {
          this.read(length);
          return true;
        },
      },
    });
    this.socket = socket;
    let how = 'closed without a close frame';
    this.closedWith = undefined;
    socket.on('error', ({ code }: NodeJS.ErrnoException) => (how = code ?? how));
    socket.on('close', () => this.closed(`${this.closedWith ?? how} while ${this.phase}`));
    socket.write(upgradeRequest(port, path));
  }

  close(): void {
    this.over = true;
    this.socket?.destroy();
  }

  private closed(how: string): void {
    this.phase = 'closed';
    if (this.over) return;
    this.options.closed(how);
    if (!this.options.comesBack || this.tries >= RETRIES) {
      this.fail('the socket was closed');
      return;
    }
    const wait = backoff(this.tries);
    this.tries += 1;
    this.waited += wait;
    setTimeout(() => {
      if (!this.over) this.open();
    }, wait);
  }

  private fail(reason: string): void {
    if (this.over) return;
    this.over = true;
    this.options.failed(reason);
    this.socket?.destroy();
  }

  private read(length: number): void {
    let bytes = shared;
    let end = length;
    if (this.pending !== undefined) {
      bytes = Buffer.concat([this.pending, shared.subarray(0, length)]);
      end = bytes.length;
      this.pending = undefined;
    }
    let begin = 0;
    if (this.phase === 'opening') {
      const headEnd = bytes.subarray(0, end).indexOf(HEAD_END);
      if (headEnd >= 0) {
        const status = bytes.toString('latin1', 9, 12);
        if (status === '503') {
          this.closedWith = status;
          this.socket?.destroy();
          return;
        }
        if (status !== '101') {
          this.fail(`no socket: ${bytes.toString('latin1', 0, Math.min(end, 500))}`);
          return;
        }
        this.phase = 'open';
        this.send(opcodes.text, this.given);
        begin = headEnd + HEAD_END.length;
      }
    }
    if (this.phase === 'open' || this.phase === 'subscribed') begin = readFrames(bytes, begin, end, this.onFrame);
    if (begin < end) this.pending = Buffer.from(bytes.subarray(begin, end));
  }

  private send(opcode: number, payload: string | Buffer): void {
    this.socket?.write(clientFrame(opcode, payload));
  }

  private readonly onFrame = (opcode: number, bytes: Buffer, from: number, to: number): void => {
    if (opcode === opcodes.text) this.onText(bytes, from, to);
    else if (opcode === opcodes.ping) this.send(opcodes.pong, bytes.subarray(from, to));
    else if (opcode === opcodes.close) {
      const code = to - from < 2 ? 1005 : bytes.readUInt16BE(from);
      this.closedWith = `${code}`;
      const reason = `closed with ${code} ${bytes.toString('utf8', Math.min(from + 2, to), to)}`;
      if (FATAL.has(code)) this.fail(reason);
      else this.socket?.end(clientFrame(opcodes.close, bytes.subarray(from, to)));
    }
  };

  private onText(bytes: Buffer, from: number, to: number): void {
    // Nearly all: {"id":"<id>","type":"next",…
    const idEnd = from + ID_AT + ID_LENGTH;
    const payloadAt = idEnd + NEXT.length;
    if (bytes[from] === BRACE && payloadAt < to && bytes.compare(NEXT, 0, NEXT.length, idEnd, payloadAt) === 0) {
      let index = 0;
      for (let at = idEnd - INDEX_DIGITS; at < idEnd; at++) index = index * 10 + bytes[at]! - ZERO;
      this.next(index, bytes, payloadAt, to);
      return;
    }
    const message = JSON.parse(bytes.toString('utf8', from, to)) as { type: string; id?: string; payload?: unknown };
    if (message.type === 'connection_ack') this.subscribe();
    else if (message.type === 'ping') this.send(opcodes.text, '{"type":"pong"}');
    else if (message.type === 'next') this.next(Number(message.id?.slice(-INDEX_DIGITS)), bytes, from, to);
    else if (message.type !== 'pong') this.fail(`${message.type}: ${JSON.stringify(message.payload)}`);
  }

  private next(index: number, bytes: Buffer, from: number, to: number): void {
    this.options.onNext(index, bytes, from, to, this.silent.size > 0 && this.silent.delete(index));
  }

  private subscribe(): void {
    const { client, operations, resumeOf, subscribed } = this.options;
    this.tries = 0;
    this.phase = 'subscribed';
    for (const [index, { query, variables }] of operations.entries()) {
      const resume = resumeOf(index);
      const payload = { query, variables, ...(resume !== undefined && { extensions: { resume } }) };
      this.silent.add(index);
      this.send(opcodes.text, JSON.stringify({ id: idOf(client, index), type: 'subscribe', payload }));
    }
    subscribed();
    this.waited = 0;
  }
}
