import { readFileSync } from 'node:fs';

/**
 * Calls `gone` when the npm that started this process dies without a word (SIGKILL), which would leave us behind.
 *
 * Only npm is watched: a shell may well end while what it started in the background goes on.
 */
export function watchNpm(gone: () => void): void {
  const npm = npmAbove();
  if (npm === undefined) return;
  const timer = setInterval(function look() {
    try {
      process.kill(npm, 0);
    } catch {
      clearInterval(timer);
      gone();
    }
  }, 500);
  timer.unref();
}

/** The pid of the npm above us, through the shell that npm puts in between. Only where there is a /proc. */
function npmAbove(): number | undefined {
  try {
    for (let pid = process.ppid, steps = 0; pid > 1 && steps < 3; steps++) {
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('npm')) return pid;
      pid = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    }
  } catch {
    // Not Linux, or gone already.
  }
  return undefined;
}
