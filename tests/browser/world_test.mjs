// world_test.mjs - what the page makes of a trace is what the server says of its tensors, program by program.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { packaged, root, serve } from './tools.mjs';

const PROGRAMS = join(root, 'tests/script');
const MARK = /^# ---- (.*)$/m;
let server, Replay, folder;

before(async () => {
  server = await serve();
  folder = await mkdtemp(join(tmpdir(), 'gradd-'));
  const outfile = join(folder, 'replay.mjs');
  await packaged('esbuild').build({ entryPoints: [join(root, 'clients/learn/src/replay.ts')], bundle: true, format: 'esm', outfile, logLevel: 'error' });
  ({ Replay } = await import(pathToFileURL(outfile).href));
});
after(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function run(body) {
  const answer = await fetch(`${server.base}/v1/run?as=json&trace=1`, { method: 'POST', body, headers: { 'Content-Type': 'text/x-python' } });
  return answer.json();
}

const whole = (a) => a.trace && !a.error && !a.trace.truncated && !a.trace.notes_left_out;
/** A write into a view gives its base another history, which the trace tells of the view alone. */
const writesIntoViews = (a) => a.trace.steps.some((s) => s.grad_fn === 'CopySlices');

function compare(name, box, v, a) {
  assert.ok(box, `${name} has a box`);
  if (Array.isArray(box.value) || typeof box.value !== 'object') assert.deepEqual(box.value, v.data, `value of ${name}`);
  assert.equal(box.version, v.version, `version of ${name}`);
  assert.equal(box.grad !== null, v.has_grad, `whether ${name} has a gradient`);
  if (writesIntoViews(a)) return;
  assert.equal(box.requiresGrad, v.requires_grad, `requires_grad of ${name}`);
  assert.equal(box.gradFn, v.grad_fn, `grad_fn of ${name}`);
}

test('boxes say what the server says, at the end of every program', async () => {
  let compared = 0;
  for (const file of (await readdir(PROGRAMS)).filter((f) => f.endsWith('.py') && f !== 'make_golden.py')) {
    const parts = (await readFile(join(PROGRAMS, file), 'utf8')).split(MARK).slice(1);
    for (let i = 0; i < parts.length; i += 2) {
      const a = await run(parts[i + 1]);
      if (!a.trace) continue;
      const replay = new Replay(a.trace, a.error ?? null);
      for (const n of [1, 0, replay.length >> 1, replay.length]) replay.at(n); // there and back
      if (!whole(a)) continue;
      const world = replay.at(replay.length);
      assert.equal(world.output, a.printed.map((l) => `${l}\n`).join(''), `output of ${file}: ${parts[i]}`);
      for (const [name, v] of Object.entries(a.values)) {
        const id = world.names.get(name);
        if (v?.dtype === undefined || world.isGrad(id)) continue;
        compare(`${name} in ${file}: ${parts[i]}`, world.boxOf(id), v, a);
        compared++;
      }
    }
  }
  assert.ok(compared > 150, `${compared} tensors were compared`);
});
