// @ts-check
/**
 * The keeper: outlives the process that started it by a moment, and ends what that one left behind.
 *
 * Its parent writes one JSON line per event on stdin. When stdin closes the parent is gone, however it went (a SIGKILL included),
 * and whatever is still listed is ended: first the processes (`last` unset), then the servers they depend on (`last`), each with its
 * own signal, then SIGKILL. Paths given by `sweep` are removed at the end.
 *
 * Plain JavaScript, so that it runs beside TypeScript sources under jest as well as beside the build.
 *
 * lines: {"add": pid, "signal": "SIGTERM", "last": false} | {"remove": pid} | {"sweep": path} | {"unsweep": path}
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

/** How long a process may take to end by itself before SIGKILL, in milliseconds; tests give less. */
const PATIENCE = Number(process.argv[2] ?? 8_000);

/** @type {Map<number, { signal: NodeJS.Signals, last: boolean }>} */
const kept = new Map();
/** @type {Set<string>} */
const sweep = new Set();

// Ctrl-C in a terminal reaches a whole process group; this process has to stay until its parent is gone.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => {});

/** @param {string} line */
function hear(line) {
  const said = JSON.parse(line);
  if (typeof said.add === 'number') kept.set(said.add, { signal: said.signal ?? 'SIGTERM', last: said.last === true });
  else if (typeof said.remove === 'number') kept.delete(said.remove);
  else if (typeof said.sweep === 'string') sweep.add(said.sweep);
  else if (typeof said.unsweep === 'string') sweep.delete(said.unsweep);
}

/** @param {number} pid @param {NodeJS.Signals | 0} signal @returns {boolean} whether the process was there */
function send(pid, signal) {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/** @param {boolean} last */
async function end(last) {
  const wave = [...kept].filter(([, how]) => how.last === last);
  for (const [pid, how] of wave) send(pid, how.signal);
  let left = wave.map(([pid]) => pid);
  for (const until = Date.now() + PATIENCE; left.length > 0 && Date.now() < until; await wait(25)) {
    left = left.filter((pid) => send(pid, 0));
  }
  // The whole group, whether its leader is still there or left somebody behind: a child is started as the leader of its own.
  for (const [pid] of wave) send(-pid, 'SIGKILL');
  for (const pid of left) send(pid, 'SIGKILL');
}

const lines = createInterface({ input: process.stdin });
lines.on('line', hear);
await new Promise((resolve) => lines.once('close', resolve));
await end(false);
await end(true);
for (const path of sweep) rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
