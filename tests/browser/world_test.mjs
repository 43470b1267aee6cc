// world_test.mjs - what the page makes of a trace is what the server says of its tensors, program by program.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bundled, root, serve } from './tools.mjs';

const PROGRAMS = join(root, 'tests/script');
const MARK = /^# ---- (.*)$/m;
let server, Replay;

before(async () => {
  server = await serve();
  ({ Replay } = await bundled('replay.ts'));
});
after(() => server?.stop());

async function run(body) {
  const answer = await fetch(`${server.base}/v1/run?as=json&trace=1`, { method: 'POST', body, headers: { 'Content-Type': 'text/x-python' } });
  return answer.json();
}

const whole = (a) => a.trace && !a.error && !a.trace.truncated && !a.trace.notes_left_out;

function compare(name, box, v) {
  assert.ok(box, `${name} has a box`);
  if (Array.isArray(box.value) || typeof box.value !== 'object') assert.deepEqual(box.value, v.data, `value of ${name}`);
  assert.equal(box.version, v.version, `version of ${name}`);
  assert.equal(box.grad !== null, v.has_grad, `whether ${name} has a gradient`);
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
        compare(`${name} in ${file}: ${parts[i]}`, world.boxOf(id), v);
        compared++;
      }
    }
  }
  assert.ok(compared > 150, `${compared} tensors were compared`);
});

const replayed = async (code) => {
  const a = await run(code);
  const replay = new Replay(a.trace, a.error ?? null);
  const box = (name, at = replay.length) => replay.at(at).boxOf(replay.end.names.get(name));
  return { a, replay, box, from: (b, at = replay.length) => b.links.map((l) => replay.at(at).boxes.get(l.from).gradFn) };
};

test('what is written into a view is history of its base, and the views of the base follow it', async () => {
  const { box, from, replay } = await replayed(
    'w = torch.ones(4, requires_grad=True)\nb = w * 1\nv = b.view(2, 2)\nu = b[2:]\nfar = b[:1]\nv[1].mul_(3)\ny = v.sum()\ny.backward()\n');
  assert.equal(box('b').gradFn, 'CopySlices');
  assert.equal(box('b').freed, true);
  assert.deepEqual(from(box('b')), ['MulBackward0']);
  for (const view of ['v', 'u', 'far']) {
    assert.equal(box(view).gradFn, 'AsStridedBackward0', view);
    assert.equal(box(view).version, 1, view);
    assert.deepEqual(from(box(view)), ['CopySlices'], view);
  }
  assert.deepEqual(box('b').incoming, [1, 1, 1, 1]);
  assert.deepEqual(box('v').incoming, [[1, 1], [1, 1]]);
  assert.equal([...replay.end.boxes.values()].filter((b) => b.name === 'b').length, 1, 'the one before has lost its name');
});

test('a write outside the graph leaves the history of the base, and that of its views leads there', async () => {
  const { box, from } = await replayed('b = torch.ones(4, requires_grad=True) * 1\nv = b[:2]\nwith torch.no_grad():\n    v.mul_(2)\n    v.mul_(2)\n');
  assert.equal(box('b').gradFn, 'MulBackward0');
  assert.equal(box('v').version, 2);
  assert.deepEqual(from(box('v')), ['MulBackward0']);
});

test('each result of an op gets the gradient that is for it', async () => {
  const { box } = await replayed('x = torch.tensor([2., 3.], requires_grad=True)\na, b = x.unbind(0)\ny = a * b * b\ny.backward()\n');
  assert.equal(box('a').incoming, 9);
  assert.equal(box('b').incoming, 12);
  const one = await replayed('x = torch.tensor([[1., 5.], [4., 2.]], requires_grad=True)\nv, i = x.max(dim=1)\nv.sum().backward()\n');
  assert.deepEqual(one.box('v').incoming, [1, 1]);
  assert.equal(one.box('i').incoming, null);
});
