import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** Makes `main.ts` runnable by plain node without a build of any package: workspaces are bundled from their sources. */
export async function bundleMain(): Promise<{ main: string; remove(): Promise<void> }> {
  // Inside of the repository, so that packages are found from there.
  const folder = await mkdtemp(join(repository, 'node_modules', '.router-test-'));
  await build({
    entryPoints: [fileURLToPath(new URL('../main.ts', import.meta.url))],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    conditions: ['source'],
    logLevel: 'error',
    plugins: [
      {
        name: 'packages-stay-outside',
        setup(bundler) {
          bundler.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
            // lru-cache: lib has a newer one than the packages around it, in a folder that only lib's own files see.
            kind === 'entry-point' || path.startsWith('@cafe-for-me/') || path === 'lru-cache'
              ? undefined
              : { path, external: true },
          );
        },
      },
    ],
  });
  return { main: join(folder, 'main.mjs'), remove: () => rm(folder, { recursive: true }) };
}
