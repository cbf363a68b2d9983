// Bundles each page program into dist/<name>.js, a classic script that answers window.consumer.
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
const names = (await readdir(join(root, 'pages'))).filter((name) => name.endsWith('.page.js'));
await build({
  absWorkingDir: root,
  entryPoints: names.map((name) => ({ in: join('pages', name), out: name.replace('.page.js', '') })),
  outdir: 'dist',
  bundle: true,
  format: 'iife',
  target: 'es2022',
  charset: 'utf8',
  logLevel: 'warning',
  // Babylon loads its WASM-backed extras with import(); none of them is used by our files.
  external: [],
});
