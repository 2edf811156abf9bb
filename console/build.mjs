// Bundles the pages into dist/pages: hashed files that need nothing from elsewhere, each beside its compressed twins.
// `node build.mjs --watch` builds again at every change, uncompressed.
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { context, build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, 'dist', 'pages');
const watch = process.argv.includes('--watch');

/** @type {import('esbuild').Plugin} */
const writePage = {
  name: 'write-page',
  setup(bundler) {
    bundler.onEnd(async function write({ metafile, errors }) {
      if (errors.length > 0 || metafile === undefined) return;
      const entry = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint?.endsWith('main.tsx'));
      if (entry?.[1].cssBundle === undefined) throw new Error('The bundle has no page.');
      const template = await readFile(join(here, 'index.html'), 'utf8');
      await writeFile(
        join(folder, 'index.html'),
        template
          .replace('/main.css', `/assets/${basename(entry[1].cssBundle)}`)
          .replace('/main.js', `/assets/${basename(entry[0])}`),
      );
      for (const file of await readdir(join(here, 'public'))) {
        await copyFile(join(here, 'public', file), join(folder, file));
      }
      if (!watch) await compressAll();
    });
  },
};

/** Once, at the build, and as small as it gets: the router only sends. */
async function compressAll() {
  const compressible = new Set(['.js', '.css', '.html', '.svg', '.webmanifest']);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !compressible.has(extname(entry.name))) continue;
    const file = join(entry.parentPath, entry.name);
    const content = await readFile(file);
    await writeFile(`${file}.gz`, await promisify(gzip)(content, { level: 9 }));
    const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
    await writeFile(`${file}.br`, await promisify(brotliCompress)(content, quality));
  }
}

/** @type {import('esbuild').BuildOptions} */
const options = {
  entryPoints: [join(here, 'src', 'main.tsx')],
  outdir: join(folder, 'assets'),
  bundle: true,
  minify: !watch,
  sourcemap: watch ? 'inline' : false,
  format: 'esm',
  splitting: true,
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  // The client helper of the router is taken from its source.
  conditions: ['source'],
  define: { 'process.env.NODE_ENV': watch ? '"development"' : '"production"' },
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  publicPath: '/assets/',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  plugins: [writePage],
};

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
if (watch) await (await context(options)).watch();
else await build(options);
