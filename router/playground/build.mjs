// Bundles the playground into one folder of files that need nothing from elsewhere: `node playground/build.mjs [folder]`.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
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

/** Two boxes and the way between them, in a color that shows on light and dark. */
const icon = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M4 4v8h8" fill="none" stroke="#d60590" stroke-width="1.6"/><g fill="#d60590"><circle cx="4" cy="3.5" r="2.5"/><circle cx="4" cy="12" r="2.5"/><circle cx="12.5" cy="12" r="2.5"/></g></svg>',
)}`;

/** Lays a `.br` and a `.gz` beside each file that is worth it: serving them costs nothing then. */
async function compress(/** @type {string} */ folder) {
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
  for (const name of await readdir(folder)) {
    if (!/\.(?:js|css|html|svg)$/.test(name)) continue;
    const content = await readFile(join(folder, name));
    await writeFile(join(folder, `${name}.br`), await promisify(brotliCompress)(content, quality));
    await writeFile(join(folder, `${name}.gz`), await promisify(gzip)(content, { level: 9 }));
  }
}

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
<link rel="icon" href="${icon}">
<link rel="stylesheet" href="/playground/${basename(entry[1].cssBundle)}">
<script type="module" src="/playground/${basename(entry[0])}"></script>
</head>
<body><main id="page"></main></body>
</html>
`,
  );
  await compress(folder);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildPlayground(process.argv[2] ?? join(here, '../dist/playground'));
}
