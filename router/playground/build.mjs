// Bundles the playground into one folder of files that need nothing from elsewhere: `node playground/build.mjs [folder]`.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

/** graphql refuses schemas of a second copy of itself, and some packages import its ES modules, others its CommonJS. */
const oneGraphql = {
  name: 'one-graphql',
  /** @param {import('esbuild').PluginBuild} bundler */
  setup(bundler) {
    const path = join(dirname(require.resolve('graphql/package.json')), 'index.mjs');
    bundler.onResolve({ filter: /^graphql$/ }, () => ({ path }));
  },
};

/**
 * @param {string} folder is emptied first
 * @returns {Promise<void>}
 */
export async function buildPlayground(folder) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { metafile } = await build({
    entryPoints: [join(here, 'page.tsx')],
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    splitting: true,
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    loader: { '.woff2': 'file', '.woff': 'file', '.ttf': 'file', '.svg': 'file' },
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    publicPath: '/playground/',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    plugins: [oneGraphql],
  });
  const entry = Object.entries(metafile.outputs).find(([, output]) => output.entryPoint?.endsWith('page.tsx'));
  if (entry?.[1].cssBundle === undefined) throw new Error('The bundle has no page.');
  await writeFile(
    join(folder, 'index.html'),
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>GraphQL playground</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/playground/${basename(entry[1].cssBundle)}">
<script type="module" src="/playground/${basename(entry[0])}"></script>
</head>
<body><div id="page"></div></body>
</html>
`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildPlayground(process.argv[2] ?? join(here, '../dist/playground'));
}
