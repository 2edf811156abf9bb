import type { SocketOperation } from './socket-operation.ts';

/**
 * The operations that run on one socket, by id. Most sockets have one, and there are many sockets: a map is only made for the
 * second.
 */
export class SocketOperations {
  #only: SocketOperation | undefined;
  #all: Map<string, SocketOperation> | undefined;

  get size(): number {
    return this.#all?.size ?? (this.#only === undefined ? 0 : 1);
  }

  has(id: string): boolean {
    return this.#all === undefined ? this.#only?.id === id : this.#all.has(id);
  }

  add(operation: SocketOperation): void {
    if (this.#all !== undefined) this.#all.set(operation.id, operation);
    else if (this.#only === undefined) this.#only = operation;
    else {
      const { id } = this.#only;
      this.#all = new Map([
        [id, this.#only],
        [operation.id, operation],
      ]);
      this.#only = undefined;
    }
  }

  /** @returns what was taken out */
  take(id: string): SocketOperation | undefined {
    const operation = this.#all === undefined ? this.#only : this.#all.get(id);
    if (operation?.id !== id) return undefined;
    if (this.#all === undefined) this.#only = undefined;
    else this.#all.delete(id);
    return operation;
  }

  /** @returns all of them, taken out */
  takeAll(): readonly SocketOperation[] {
    const all = this.#all === undefined ? [] : [...this.#all.values()];
    if (this.#only !== undefined) all.push(this.#only);
    this.#only = this.#all = undefined;
    return all;
  }
}
