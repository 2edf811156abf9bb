import { readdir, readFile, readlink } from 'node:fs/promises';

/** The state LISTEN in /proc/net/tcp. */
const LISTEN = '0A';

/**
 * Who listens on a TCP port, as "<command> (pid 123)"; undefined where that can't be told: not on Linux, or another user's.
 */
export async function portHolder(port: number): Promise<string | undefined> {
  try {
    const sockets = await listeningSockets(port);
    if (sockets.size === 0) return undefined;
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      if (!(await holdsOne(pid, sockets))) continue;
      const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
      return `${command.length > 100 ? `${command.slice(0, 100)}…` : command} (pid ${pid})`;
    }
  } catch {
    // No /proc here.
  }
  return undefined;
}

async function listeningSockets(port: number): Promise<Set<string>> {
  const found = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (await readFile(table, 'utf8').catch(() => '')).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      const [, local = '', , state] = fields;
      const inode = fields[9];
      if (state === LISTEN && inode !== undefined && Number.parseInt(local.split(':')[1] ?? '', 16) === port) {
        found.add(`socket:[${inode}]`);
      }
    }
  }
  return found;
}

async function holdsOne(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const fd of await readdir(folder).catch(() => [])) {
    if (sockets.has(await readlink(`${folder}/${fd}`).catch(() => ''))) return true;
  }
  return false;
}
