// build.mjs - makes the teaching page.
//
//   node build.mjs --c DIR     page_files.c, page_blob.S: the page as an object to link, and page.d for ninja
//   node build.mjs --dir DIR   the page as files, to look at
//
// What comes out depends on what goes in alone: same sources, same bytes.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const TYPES = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
};
const hash = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

async function bundle() {
  return build({
    absWorkingDir: here,
    entryPoints: { page: 'src/main.tsx', style: 'src/style.css' },
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.py': 'text' },
    legalComments: 'none', // licenses() tells them all
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    outdir: '/assets',
    write: false,
    metafile: true,
    logLevel: 'warning',
  });
}

// The licence texts of the packages that are in the bundle.
function licenses(meta) {
  const packages = new Set();
  for (const input of Object.keys(meta.inputs)) {
    const found = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(input);
    if (found) packages.add(found[1]);
  }
  const texts = [...packages].sort().map((folder) => {
    const at = join(here, folder);
    const { name, version, license } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'));
    const file = readdirSync(at).find((f) => /^licen[cs]e/i.test(f));
    return `${name} ${version} (${license})\n\n${file ? readFileSync(join(at, file), 'utf8').trim() : ''}\n`;
  });
  return `The teaching page of gradd contains:\n\n${texts.join('\n----\n\n')}`;
}

// The page's own document, with the names that this build gave to the rest.
function document(named) {
  const html = readFileSync(join(here, 'src/index.html'), 'utf8');
  return html.replace(/\{\{([\w.]+)\}\}/g, (_, name) => named[name]);
}

async function make() {
  const result = await bundle();
  const files = result.outputFiles.map((f) => ({ path: f.path, bytes: Buffer.from(f.contents) }));
  const named = {};
  for (const { path } of files) named[path.replace(/^\/assets\//, '').replace(/-[A-Z0-9]{8}\./, '.')] = path;
  const icon = readFileSync(join(here, 'src/icon.svg'));
  named['icon.svg'] = `/assets/icon-${hash(icon).slice(0, 8)}.svg`;
  named['licenses.txt'] = '/assets/licenses.txt';
  files.push({ path: named['icon.svg'], bytes: icon });
  files.push({ path: named['licenses.txt'], bytes: Buffer.from(licenses(result.metafile)) });
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  files.unshift({ path: '/', bytes: Buffer.from(document(named)) });
  const inputs = Object.keys(result.metafile.inputs).map((f) => join(here, f));
  inputs.push(...['src/index.html', 'src/icon.svg', 'build.mjs', 'package-lock.json'].map((f) => join(here, f)));
  return { files, inputs };
}

const type = (path) => TYPES[path === '/' ? 'html' : path.slice(path.lastIndexOf('.') + 1)];

function writeC(files, inputs, dir) {
  const blob = [];
  let at = 0;
  const place = (bytes) => {
    blob.push(bytes);
    at += bytes.length;
    return `page_blob + ${at - bytes.length}`;
  };
  const rows = files.map(({ path, bytes }) => {
    const gzip = gzipSync(bytes, { level: 9 });
    gzip[9] = 3; // made on whatever system: Unix
    const tag = hash(bytes);
    return (
      `  {"${path}", "${type(path)}", "\\"${tag}\\"", "\\"${tag}-gzip\\"",\n` +
      `   ${place(bytes)}, ${place(gzip)}, ${bytes.length}, ${gzip.length}},\n`
    );
  });
  writeFileSync(join(dir, 'page.blob'), Buffer.concat(blob));
  writeFileSync(
    join(dir, 'page_blob.S'),
    `  .section .rodata\n  .globl page_blob\n  .p2align 4\npage_blob:\n  .incbin "${resolve(dir, 'page.blob')}"\n` +
      '  .section .note.GNU-stack,"",%progbits\n',
  );
  writeFileSync(
    join(dir, 'page_files.c'),
    '// The files of the teaching page, made by clients/learn/build.mjs.\n#include "http/page.h"\n\n' +
      'extern const unsigned char page_blob[];\n' +
      `const page_file PAGE_FILES[] = {\n${rows.join('')}};\nconst int PAGE_FILE_COUNT = ${files.length};\n`,
  );
  const escaped = (path) => relative(process.cwd(), path).replace(/ /g, '\\ ');
  const target = escaped(join(dir, 'page_files.c'));
  writeFileSync(join(dir, 'page.d'), `${target}: ${inputs.map(escaped).join(' \\\n  ')}\n`);
}

function writeDir(files, dir) {
  mkdirSync(join(dir, 'assets'), { recursive: true });
  for (const { path, bytes } of files) writeFileSync(join(dir, path === '/' ? 'index.html' : path), bytes);
}

const [how, dir] = process.argv.slice(2);
if (!['--c', '--dir'].includes(how) || !dir) {
  console.error('usage: node build.mjs --c|--dir DIR');
  process.exit(2);
}
if (!existsSync(dir)) mkdirSync(dir, { recursive: true });
const { files, inputs } = await make();
if (how === '--c') writeC(files, inputs, dir);
else writeDir(files, dir);
