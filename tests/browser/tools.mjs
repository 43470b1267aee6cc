// tools.mjs - what the tests of the page stand on: a browser, a server, and what the packages of clients/learn bring.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
/** require() as clients/learn does it, whose packages are its own. */
export const packaged = createRequire(resolve(root, 'clients/learn/package.json'));
const { chromium } = packaged('playwright-core');
export const axeSource = readFileSync(packaged.resolve('axe-core/axe.min.js'), 'utf8');
export const lessonsDir = resolve(root, 'clients/learn/lessons');
export const binary = resolve(root, process.env.GRADD_BIN ?? 'build-gcc/gradd');

const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: QUIET });

/** A module of the page that needs no page, to be called from here. */
export async function bundled(file) {
  const made = await packaged('esbuild').build({ entryPoints: [resolve(root, 'clients/learn/src', file)], bundle: true, format: 'esm', write: false, logLevel: 'error' });
  return import(`data:text/javascript;base64,${Buffer.from(made.outputFiles[0].contents).toString('base64')}`);
}

/** Starts a server of its own: { base, port, stop() }. The port is free unless one is given. */
export async function serve(options = [], port = 0) {
  const child = spawn(binary, ['serve', '--port', String(port), '--log-level', 'error', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((done) => child.on('exit', done));
  const lines = createInterface({ input: child.stdout });
  const base = await Promise.race([
    new Promise((done) => lines.once('line', (line) => done(/^listening on (http:\S+)$/.exec(line)?.[1]))),
    ended.then((status) => Promise.reject(new Error(`${binary} ended with ${status}`))),
  ]);
  const stop = async () => { // as often as one likes
    child.kill('SIGTERM');
    await ended;
  };
  return { base, port: Number(new URL(base).port), stop };
}

/** What POST /v1/run says of a program: the lines that it prints, and if it fails the error in the last. */
export async function runText(base, code) {
  const answer = await fetch(`${base}/v1/run?as=txt`, { method: 'POST', headers: { 'Content-Type': 'text/x-python' }, body: code });
  return { status: answer.status, text: (await answer.text()).replace(/\n$/, '') };
}

/** The answer of POST /v1/run with its trace. */
export async function runTrace(base, code) {
  const answer = await fetch(`${base}/v1/run?as=json&trace=1`, { method: 'POST', headers: { 'Content-Type': 'text/x-python' }, body: code });
  return answer.json();
}
