import { statfs } from 'node:fs/promises';

const NEEDED = 500 * 1024 * 1024;

/** @throws a sentence when there is little room for data at `path` */
export async function checkDisk(path: string, needed = NEEDED): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  if (free >= needed) return;
  const mb = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`;
  throw new Error(
    `Only ${mb(free)} are free on the disk of ${path}; ${mb(needed)} are needed. Make room, or empty the data with "npm run reset".`,
  );
}
