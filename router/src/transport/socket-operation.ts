import type { GraphQLFormattedError } from 'graphql';
import type { LiveClient, LiveEnd, LiveMessage, StopReason } from '../live/live-client.ts';
import { closings, type Closing } from './close-codes.ts';

/** What an operation has to do with its socket. */
interface Socket {
  sendNext(id: string, message: LiveMessage): void;
  sendText(text: string): void;
  /** The operation has ended: its id is free. */
  forget(id: string): void;
  end(closing: Closing): void;
}

/** One operation of a socket, from its `subscribe` to its end. */
export class SocketOperation implements LiveClient {
  /** As `asciiJson` writes it. */
  readonly id: string;
  readonly #socket: Socket;
  /** Ends the subscription, once there is one. */
  #stop: ((reason: StopReason) => void) | undefined;
  #over = false;

  constructor(id: string, socket: Socket) {
    this.id = id;
    this.#socket = socket;
  }

  /** Nobody waits for anything of it any more. */
  get over(): boolean {
    return this.#over;
  }

  /** It is a subscription that runs now. @param stop ends it */
  streams(stop: (reason: StopReason) => void): void {
    if (this.#over) stop('client');
    else this.#stop = stop;
  }

  next(message: LiveMessage): void {
    if (!this.#over) this.#socket.sendNext(this.id, message);
  }

  /** @param payload the one result that it has, as JSON */
  answered(payload: string): void {
    if (!this.#ended()) return;
    this.#socket.sendText(`{"id":${this.id},"type":"next","payload":${payload}}`);
    this.#socket.sendText(`{"id":${this.id},"type":"complete"}`);
  }

  failed(errors: readonly GraphQLFormattedError[]): void {
    if (this.#ended()) {
      this.#socket.sendText(`{"id":${this.id},"type":"error","payload":${JSON.stringify(errors)}}`);
    }
  }

  completed(): void {
    if (this.#ended()) this.#socket.sendText(`{"id":${this.id},"type":"complete"}`);
  }

  /** There is no word in the protocol for one operation to be made again; its codes for the socket say so. */
  ended(reason: LiveEnd): void {
    if (this.#ended()) this.#socket.end(closings[reason]);
  }

  /** The client wants no more, or its socket is closed. */
  cancel(reason: StopReason): void {
    this.#over = true;
    this.#stop?.(reason);
    this.#stop = undefined;
  }

  /** @returns false when it had ended before */
  #ended(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#stop = undefined;
    this.#socket.forget(this.id);
    return true;
  }
}
