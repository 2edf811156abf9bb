import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { MessageType, parseMessage, type ConnectionInitMessage, type SubscribeMessage } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Caller } from '../authorization/identity.ts';
import { nestsTooDeep } from '../limits/nesting.ts';
import type { LiveMessage, StopReason } from '../live/live-client.ts';
import { closings, duplicateId, type Closing } from './close-codes.ts';
import type { OpenConnection } from './open-connections.ts';
import { asciiJson, pingFrame, pongFrame, textFrame, type NextFrames } from './socket-frames.ts';
import { noHeaders } from './kept-headers.ts';
import { SocketOperation } from './socket-operation.ts';
import { SocketOperations } from './socket-operations.ts';
import type { TransportTelemetry } from '../telemetry/telemetry-transports.ts';

/** It is kept and repeated in each message; clients have UUIDs or numbers. */
const longestId = 256;

/** What the sockets of a router share. */
export interface SocketHost {
  readonly frames: NextFrames;
  readonly maxBufferedBytes: number;
  readonly maxBufferedMessages: number;
  readonly maxPerSocket: number | null;
  /** It must answer a ping within this time. */
  readonly pongMs: number;
  readonly telemetry: TransportTelemetry | undefined;
  /** Whether a caller who was let in still is. */
  holds(caller: Caller): boolean;
  /** The client says who it is. */
  initialize(socket: ClientSocket, message: ConnectionInitMessage): void;
  /** The client sends an operation, which was added to the socket's. */
  operate(socket: ClientSocket, operation: SocketOperation, message: SubscribeMessage): void;
  /** The operation can't be added as there are as many as may be. */
  refuseOne(operation: SocketOperation): void;
  failed(error: Error): void;
  /** It has gone; what it had is canceled. @param code with which it was closed */
  gone(socket: ClientSocket, code: number): void;
}

/** What is kept of the request that opened a socket. */
export interface SocketOrigin {
  /** The header that carries a token. */
  readonly token: string | readonly string[] | undefined;
  /** What somebody wants of its headers later. */
  readonly headers: IncomingHttpHeaders;
  /** Where the client comes from. */
  readonly address: string;
}

/**
 * One client's socket, which speaks graphql-transport-ws (PROTOCOL.md of graphql-ws).
 *
 * There are many of them, each doing nothing most of the time, so it is one object and has no listeners, closures, timers or
 * promises of its own: what `ws` has to tell comes to `emit`, which tells nobody else.
 *
 * Nothing ever waits for the client: what it doesn't take is kept for it up to a bound, then it is cut off.
 */
export class ClientSocket extends WebSocket implements OpenConnection {
  place = -1;
  #host!: SocketHost;
  #tcp!: Socket;
  #token: SocketOrigin['token'];
  headers: IncomingHttpHeaders = noHeaders;
  address = '';
  #caller: Caller | undefined;
  #state: 'opened' | 'initializing' | 'ready' | 'over' = 'opened';
  readonly #operations = new SocketOperations();
  /** When the ping went that wasn't answered yet; 0 when none did. */
  #pingedAt = 0;
  /** Messages that wait behind others; only those of slow clients ever do. */
  #waiting = 0;
  #written: (() => void) | undefined;

  /** It is open now. */
  begin(host: SocketHost, tcp: Socket, { token, headers, address }: SocketOrigin): void {
    this.#host = host;
    this.#tcp = tcp;
    this.#token = token;
    this.headers = headers;
    this.address = address;
  }

  /** Whoever initialized it. */
  get caller(): Caller | undefined {
    return this.#caller;
  }

  /** Of the request that opened it; given once. */
  takeToken(): SocketOrigin['token'] {
    const token = this.#token;
    this.#token = undefined;
    return token;
  }

  /** The client may send operations from now on. */
  accept(caller: Caller): void {
    if (this.#state !== 'initializing') return;
    this.#state = 'ready';
    this.#caller = caller;
    this.sendText('{"type":"connection_ack"}');
  }

  sendNext(id: string, message: LiveMessage): void {
    this.#send(this.#host.frames.of(id, message));
    this.#host.telemetry?.sent(message);
  }

  sendText(text: string): void {
    this.#send(textFrame(text));
  }

  /** Closes it; nothing more is sent. A client that doesn't answer is cut off after a while. */
  end([code, reason, ends = 'client']: Closing): void {
    if (this.#state === 'over') return;
    this.#over(ends);
    this.close(code, reason);
  }

  restart(): void {
    this.end(closings.restart);
  }

  waitingBytes(): number {
    return this.#tcp.writableLength;
  }

  beat(now: number): void {
    if (this.#state === 'over') return;
    const forbidden = this.#forbidden();
    if (forbidden !== undefined) return this.end(forbidden);
    if (this.#pingedAt === 0) {
      // 0 says that there was none.
      this.#pingedAt = now || 1;
      this.#send(pingFrame);
    } else if (((now - this.#pingedAt) | 0) >= this.#host.pongMs) this.terminate();
  }

  /** It ended by itself: an operation of this id is a new one from now on. */
  forget(id: string): void {
    this.#operations.take(id);
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    switch (event) {
      case 'message':
        this.#pingedAt = 0;
        if (this.#state !== 'over') this.#handle(args[0] as Buffer, args[1] as boolean);
        break;
      case 'ping':
        this.#pingedAt = 0;
        this.#send(pongFrame(args[0] as Buffer));
        break;
      case 'pong':
        this.#pingedAt = 0;
        break;
      case 'close':
        this.#over('client');
        this.#host.gone(this, args[0] as number);
        break;
      case 'error':
        this.#host.failed(args[0] as Error);
        break;
    }
    return true;
  }

  #handle(data: Buffer, isBinary: boolean): void {
    // A text frame has been checked; there are clients that send text in binary ones.
    const text = isBinary && !isUtf8(data) ? '' : data.toString();
    if (nestsTooDeep(text)) return this.#refuse();
    let message;
    try {
      message = parseMessage(text);
    } catch {
      return this.#refuse();
    }
    switch (message.type) {
      case MessageType.ConnectionInit:
        return this.#initialize(message);
      case MessageType.Subscribe:
        return this.#subscribe(message);
      case MessageType.Complete:
        if (message.id.length > longestId) return this.#refuse();
        return this.#operations.take(asciiJson(message.id))?.cancel('client');
      case MessageType.Ping: {
        const { payload } = message;
        return this.sendText(JSON.stringify({ type: MessageType.Pong, ...(payload && { payload }) }));
      }
      case MessageType.Pong:
        return undefined;
      // Well-formed, but only a server says it.
      case MessageType.ConnectionAck:
      case MessageType.Next:
      case MessageType.Error:
        return this.#refuse();
    }
  }

  #initialize(message: ConnectionInitMessage): void {
    if (this.#state !== 'opened') return this.end(closings.initializedTwice);
    this.#state = 'initializing';
    this.#host.initialize(this, message);
  }

  #subscribe(message: SubscribeMessage): void {
    if (this.#state !== 'ready') return this.end(closings.notInitialized);
    const forbidden = this.#forbidden();
    if (forbidden !== undefined) return this.end(forbidden);
    if (message.id.length > longestId) return this.#refuse();
    const id = asciiJson(message.id);
    if (this.#operations.has(id)) return this.end(duplicateId(message.id));
    const operation = new SocketOperation(id, this);
    const { maxPerSocket } = this.#host;
    if (maxPerSocket !== null && this.#operations.size >= maxPerSocket) return this.#host.refuseOne(operation);
    this.#operations.add(operation);
    this.#host.operate(this, operation, message);
  }

  #refuse(): void {
    this.end(closings.badMessage);
  }

  /** Why its caller may not go on. Subscriptions are ended at once, by those who run them; this is about all else. */
  #forbidden(): Closing | undefined {
    const caller = this.#caller;
    if (caller === undefined) return undefined;
    if (caller.expiresAt !== undefined && caller.expiresAt <= Date.now()) return closings.expired;
    return this.#host.holds(caller) ? undefined : closings.withdrawn;
  }

  #send(frame: Buffer): void {
    // Its client may have closed it.
    if (this.readyState !== this.OPEN) return;
    const tcp = this.#tcp;
    const bytes = tcp.writableLength;
    // Nearly always: the system takes it at once.
    if (bytes === 0) tcp.write(frame);
    else this.#sendLater(frame, bytes);
  }

  #sendLater(frame: Buffer, bytes: number): void {
    const { maxBufferedBytes, maxBufferedMessages } = this.#host;
    if (bytes + frame.length > maxBufferedBytes || this.#waiting >= maxBufferedMessages) {
      this.#host.telemetry?.cutOff('ws');
      return this.end(closings.tooSlow);
    }
    this.#waiting += 1;
    this.#written ??= () => {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#written = undefined;
    };
    this.#tcp.write(frame, this.#written);
  }

  #over(reason: StopReason): void {
    this.#state = 'over';
    for (const operation of this.#operations.takeAll()) operation.cancel(reason);
  }
}
