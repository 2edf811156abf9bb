import type { ServerResponse } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import type { LiveClient, LiveEnd, LiveMessage, StopReason } from '../live/live-client.ts';
import type { TransportTelemetry } from '../telemetry/telemetry-transports.ts';
import type { OpenConnection, OpenConnections } from './open-connections.ts';
import type { StreamFormat } from './stream-format.ts';

/** What the streams of a router share. */
export interface StreamHost {
  readonly open: OpenConnections;
  readonly maxBufferedBytes: number;
  readonly maxBufferedMessages: number;
  /** Whoever takes nothing for so long, though something waits, has gone. */
  readonly stuckMs: number;
  /** A response that has ended is cut off when its client hasn't read the rest within this time. */
  readonly cutOffMs: number;
  readonly telemetry: TransportTelemetry | undefined;
}

/** The stream that a response belongs to. */
const streamOf = Symbol('stream');
type StreamResponse = ServerResponse & { [streamOf]?: ResponseStream };

/** One listener for all of them. */
function onClose(this: StreamResponse): void {
  this[streamOf]?.gone();
}

/** A subscription whose results are written into a response that stays open. Nothing ever waits for the client. */
export class ResponseStream implements LiveClient, OpenConnection {
  place = -1;
  readonly #response: ServerResponse;
  readonly #format: StreamFormat;
  readonly #host: StreamHost;
  #stop: ((reason: StopReason) => void) | undefined;
  #over = false;
  /** Messages that wait behind others. */
  #waiting = 0;
  #written: (() => void) | undefined;
  /** Bytes that the client had taken when it was last looked, and since when it has taken no more. */
  #taken = 0;
  #stuckAt = 0;

  constructor(response: ServerResponse, format: StreamFormat, host: StreamHost) {
    this.#response = response;
    this.#format = format;
    this.#host = host;
    (response as StreamResponse)[streamOf] = this;
    response.on('close', onClose);
    host.open.add(this);
    host.telemetry?.opened(format.transport);
  }

  /** @param stop ends the subscription */
  streams(stop: (reason: StopReason) => void): void {
    if (this.#over) stop('client');
    else this.#stop = stop;
  }

  next(message: LiveMessage): void {
    if (this.#over) return;
    this.#send(this.#format.next(message));
    this.#host.telemetry?.sent(message);
  }

  failed(errors: readonly GraphQLFormattedError[]): void {
    this.#end(this.#format.failed(errors));
  }

  completed(): void {
    this.#end(this.#format.completed);
  }

  ended(reason: LiveEnd): void {
    this.#end(this.#format.ended(reason), reason);
  }

  restart(): void {
    this.ended('restart');
  }

  waitingBytes(): number {
    return this.#response.writableLength;
  }

  beat(now: number): void {
    if (this.#over) return;
    const bytes = this.#response.writableLength;
    if (bytes === 0) {
      this.#stuckAt = 0;
      return this.#send(this.#format.heartbeat);
    }
    const { socket } = this.#response;
    const taken = (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0);
    if (this.#stuckAt === 0 || taken !== this.#taken) {
      this.#taken = taken;
      this.#stuckAt = now || 1;
    } else if (((now - this.#stuckAt) | 0) >= this.#host.stuckMs) this.#response.destroy();
  }

  /** The connection is no more. */
  gone(): void {
    this.#stopped('client');
    this.#host.open.remove(this);
  }

  #send(data: Buffer | string): void {
    const response = this.#response;
    const bytes = response.writableLength;
    if (bytes === 0) response.write(data);
    else this.#sendLater(data, bytes);
    // Node would keep it until the end of this turn: messages that come in one go would all count as waiting.
    response.socket?.uncork();
  }

  #sendLater(data: Buffer | string, bytes: number): void {
    const { maxBufferedBytes, maxBufferedMessages, telemetry } = this.#host;
    if (bytes + data.length > maxBufferedBytes || this.#waiting >= maxBufferedMessages) {
      telemetry?.cutOff(this.#format.transport);
      this.#stopped('slow');
      this.#response.destroy();
      return;
    }
    this.#waiting += 1;
    this.#written ??= () => {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#written = undefined;
    };
    this.#response.write(data, this.#written);
  }

  #stopped(reason: StopReason): void {
    this.#over = true;
    const stop = this.#stop;
    this.#stop = undefined;
    stop?.(reason);
  }

  /** @param reason why it ends, unless those who run it said so */
  #end(text: string, reason: StopReason = 'client'): void {
    if (this.#over) return;
    this.#stopped(reason);
    const response = this.#response;
    response.end(text);
    if (response.writableLength === 0) return;
    const cut = setTimeout(() => response.destroy(), this.#host.cutOffMs);
    response.once('close', () => clearTimeout(cut));
  }
}
