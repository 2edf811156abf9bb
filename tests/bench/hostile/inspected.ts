/** The memory of a Node process, by its inspector. */
import { WebSocket } from 'ws';

export interface Inspected {
  /** Bytes that are in use on the JavaScript heap after a full garbage collection. */
  heap(): Promise<number>;
  close(): void;
}

/** @param port of `--inspect` */
export async function inspect(port: number): Promise<Inspected> {
  const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
    webSocketDebuggerUrl: string;
  }[];
  if (target === undefined) throw new Error(`There is nothing to inspect at port ${port}.`);
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const waiting = new Map<number, (result: unknown) => void>();
  socket.on('message', (data: Buffer) => {
    const { id, result } = JSON.parse(data.toString()) as { id: number; result: unknown };
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  let calls = 0;
  function call<T>(method: string): Promise<T> {
    calls += 1;
    const id = calls;
    socket.send(JSON.stringify({ id, method }));
    return new Promise((resolve) => waiting.set(id, resolve as (result: unknown) => void));
  }
  return {
    async heap() {
      // What a first one finalizes, a second one frees.
      for (let times = 0; times < 2; times++) await call('HeapProfiler.collectGarbage');
      const { usedSize } = await call<{ usedSize: number }>('Runtime.getHeapUsage');
      return usedSize;
    },
    close: () => socket.close(),
  };
}
