// follow_test.mjs - a teacher drives a session by requests, and pages show it live.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { open, stage } from './page.mjs';
import { serve } from './tools.mjs';

const s = stage();

/** Who drives a session, as from a terminal. Each call waits for its answer and checks the status. */
function teacher(base, name) {
  const session = `${base}/v1/sessions/${name}`;
  const ask = async (status, method, path, body, type = 'application/json') => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await fetch(session + path, { method, headers: body === undefined ? {} : { 'Content-Type': type }, body: text });
    assert.equal(answer.status, status, `${method} ${path}: ${await answer.clone().text()}`);
  };
  return {
    make: () => ask(201, 'PUT', ''),
    leaf: (tensor, data, status = 201) => ask(status, 'PUT', `/tensors/${tensor}`, { data, requires_grad: true }),
    op: (op, args, out, status = 201) => ask(status, 'POST', '/ops', { op, args, out }),
    backward: (tensor) => ask(200, 'POST', `/tensors/${tensor}/backward`),
    zero: () => ask(204, 'POST', '/zero_grad', {}),
    batch: (steps, status = 200) => ask(status, 'POST', '/batch', { steps }),
    run: (code, status = 200) => ask(status, 'POST', '/run', code, 'text/x-python'),
    end: () => ask(204, 'DELETE', ''),
  };
}

const STATES = {
  en: { live: (n) => `Following ${n}.`, again: 'The stream was cut; connecting again.', ended: (n) => `The session ${n} has ended`, idle: 'Nobody is followed.' },
  zh: { live: (n) => `正在跟随 ${n}`, again: '连接中断', ended: (n) => `会话 ${n} 已结束`, idle: '没有跟随任何会话' },
};

/** A page that follows, and what is to be seen on it. */
async function follower(at, t, name, how = {}) {
  const lang = how.lang ?? 'en';
  const page = await open(at, t, { path: `/?follow=${name}`, ...how });
  const says = (text) => page.tab.locator('.follow .state').filter({ hasText: text }).waitFor();
  const shows = (what, arg) => page.tab.waitForFunction(what, arg);
  const f = {
    page,
    is: (state) => says([STATES[lang][state]].map((x) => (typeof x === 'function' ? x(name) : x))[0]),
    /** The newest command is this one. */
    told: (line) => shows((want) => [...document.querySelectorAll('.follow .commands li')].at(-1)?.innerText.replace(/\s+/g, ' ').trim() === want, line),
    printed: (text) => shows((want) => document.querySelector('.output pre')?.firstChild?.textContent?.trim() === want, text),
    /** The names that the boxes have, sorted. */
    named: (names) => shows((want) => [...document.querySelectorAll('svg.graph [data-key] .name')].map((e) => e.textContent).filter((x) => /^\w+$/.test(x)).sort().join(' ') === want, names),
    grad: (tensor, value) => shows(([n, want]) => [...document.querySelectorAll('svg.graph [data-key]')].some((g) => g.querySelector('.name')?.textContent === n && (g.querySelector('.grad .value')?.textContent ?? '') === want), [tensor, value]),
  };
  await f.is('live');
  return f;
}

test('two pages follow what a teacher does, as it happens', async (t) => {
  const her = teacher(s.base, 'demo');
  await her.make();
  const pages = await Promise.all([follower(s, t, 'demo'), follower(s, t, 'demo', { lang: 'zh', dark: true, phone: true })]);
  const all = (look) => Promise.all(pages.map(look));

  await her.leaf('w', 3);
  await all((f) => f.told('PUT …/tensors/w 201'));
  await all((f) => f.named('w'));
  await her.leaf('x', 2);
  await her.op('mul', ['w', 'x'], 'y');
  await all((f) => f.told('POST …/ops 201'));
  await all((f) => f.named('w x y'));
  await her.backward('y');
  await all((f) => f.grad('w', '2'));
  await all((f) => f.grad('x', '3'));
  await her.zero();
  await all((f) => f.told('POST …/zero_grad 204'));
  await all((f) => f.grad('w', 'None'));

  await her.run("for i in range(3):\n    z = (w * i).sum()\n    z.backward()\n    print('round', i, w.grad.item())\n");
  await all((f) => f.printed('round 0 0.0\nround 1 1.0\nround 2 3.0'));
  await all((f) => f.grad('w', '3'));
  await her.run("print('so far')\nw @ w\n", 422);
  await all((f) => f.told('POST …/run 422'));
  await all((f) => f.printed('round 0 0.0\nround 1 1.0\nround 2 3.0\nso far'));

  await all(({ page }) => page.accessible('while it follows'));
  await all(({ page }) => page.fits());
  await her.end();
  await all((f) => f.is('ended'));
  await all((f) => f.told('DELETE … 204'));
});

test('what she sent is shown with the line where the picture stands, and why it failed', async (t) => {
  const her = teacher(s.base, 'code');
  await her.make();
  const { page, told, is } = await follower(s, t, 'code');
  const sent = page.tab.getByRole('group', { name: 'What was sent' });
  const now = (text) => sent.locator('[aria-current=step]').filter({ hasText: text }).waitFor();
  const program = 'w = torch.tensor(2., requires_grad=True)\nprint("<b>it\'s</b>")\nw.mul_(3)\n';
  await her.run(program, 409);
  await told('POST …/run 409');
  await now('w.mul_(3)');
  assert.equal(await sent.locator('pre').innerText(), program.trimEnd());
  assert.equal(await sent.locator('.error').innerText(), 'RuntimeError: a leaf Variable that requires grad is being used in an in-place operation.');
  await page.error.getByText('line 3').waitFor();
  await page.error.getByText('mul_').first().waitFor();
  await page.accessible('with a request that failed');
  await page.seek(1);
  await now('w = torch.tensor');
  assert.equal(await page.explanation.locator('.source').innerText(), 'w = torch.tensor(2., requires_grad=True)');

  await page.button('Show the call').click();
  const call = await page.call.locator('pre').innerText();
  assert.match(call, /\/v1\/sessions\/code\/run'/);
  assert.ok(call.includes(program), call);
  await her.leaf('v', 5);
  await told('PUT …/tensors/v 201');
  assert.equal(await page.at(), 1, 'who stands back is not carried forward');
  await page.button('PUT …/tensors/v 201').click();
  await sent.getByText('{"data":5,"requires_grad":true}').waitFor();
  assert.equal(await page.at(), await page.length());
  assert.equal(await page.error.count(), 0, 'what failed before is passed over');
  await page.button('POST …/run 409').click();
  await now('w.mul_(3)');
  await page.button('Take into the editor').click();
  await page.rich();
  assert.equal(await page.text(), program);
  await is('live');
  await fetch(`${s.base}/v1/sessions/code/tensors/raw?shape=2`, { method: 'PUT', headers: { 'Content-Type': 'application/octet-stream' }, body: new Uint8Array(8) });
  await told('PUT …/tensors/raw 201');
  await page.button('PUT …/tensors/raw 201').click();
  await sent.getByText('8 bytes that are not shown.').waitFor();
  assert.equal(await page.button('Show the call').count(), 0);
});

test('what has failed is taken back', async (t) => {
  const her = teacher(s.base, 'undone');
  await her.make();
  const f = await follower(s, t, 'undone');
  await her.leaf('w', [[3]]);
  await her.batch([{ op: 'neg', args: ['w'], out: 'n' }, { op: 'linear', args: ['w', 'w'], out: ['p', 'q'] }], 422);
  await f.told('POST …/batch 422');
  await f.named('n w');
  assert.equal((await f.page.drawn()).length, 2, 'the transposed tensor of the op that failed is not there');
  await her.op('neg', ['n'], 'w2');
  await f.named('n w w2');
});

test('who comes later sees what was before, and may leave to run code of their own', async (t) => {
  const her = teacher(s.base, 'late');
  await her.make();
  const first = await follower(s, t, 'late');
  await her.leaf('w', 3);
  await her.op('mul', ['w', 'w'], 'y');
  await first.named('w y');
  const second = await follower(s, t, 'late');
  await second.named('w y');
  await second.page.writeAndRun('q = torch.tensor(1., requires_grad=True)');
  await her.op('neg', ['y'], 'n');
  await first.named('n w y');
  await second.is('idle');
  await second.named('q');
});

test('what was there before is known when it is used', async (t) => {
  const her = teacher(s.base, 'before');
  await her.make();
  await her.run('w = torch.tensor([[1, 2]], dtype=torch.float64).requires_grad_()\ny = w * 2\nn = torch.tensor([3])\n');
  const f = await follower(s, t, 'before');
  await her.run('z = y.sum()\nk = n + 1\nz.backward()\n');
  await f.named('k n y z');
  await f.page.tab.waitForFunction(() => document.querySelectorAll('svg.graph [data-key]').length === 4);
  const y = f.page.box('y');
  assert.match(await y.textContent(), /float64\[1×2\]\s+v0\s+MulBackward0/);
  assert.match(await f.page.box('n').textContent(), /int64\[1\]/);
  assert.match((await f.page.drawn()).find((b) => b.name === 'y').classes, /\bop\b/);
});

test('a page that stands back is not carried forward', async (t) => {
  const her = teacher(s.base, 'slow');
  await her.make();
  const f = await follower(s, t, 'slow');
  await her.leaf('w', 3);
  await her.op('mul', ['w', 'w'], 'y');
  await f.named('w y');
  await f.page.seek(1);
  await her.op('neg', ['y'], 'n');
  await f.told('POST …/ops 201');
  await f.page.tab.waitForFunction(() => Number(document.querySelector('.controls input').max) === 3);
  assert.equal(await f.page.at(), 1);
});

// ---- a server that goes and comes

const own = { server: null, browser: null, base: '' };
after(() => own.server?.stop());
const start = async (port) => {
  await own.server?.stop();
  own.server = await serve([], port);
  Object.assign(own, { browser: s.browser, base: own.server.base });
};
const GONE = /net::ERR_|EventSource|status of 5\d\d/;

test('a server that comes again without the session: it has ended, and can be made anew', async (t) => {
  await start();
  await teacher(own.base, 'demo').make();
  const f = await follower(own, t, 'demo', { expected: GONE });
  await teacher(own.base, 'demo').leaf('w', 3);
  await f.named('w');
  const { port } = own.server;
  await own.server.stop();
  await f.is('again');
  await start(port);
  await f.is('ended');
  await f.page.button('Make it').click();
  await f.is('live');
  await teacher(own.base, 'demo').leaf('v', 3);
  await f.named('v');
});

test('a server that comes again with the session: following goes on, without what was before', async (t) => {
  await start();
  await teacher(own.base, 'demo').make();
  const f = await follower(own, t, 'demo', { expected: GONE });
  await teacher(own.base, 'demo').leaf('w', 3);
  await f.named('w');
  const { port } = own.server;
  await f.page.tab.context().setOffline(true); // so that it does not come again too early
  await own.server.stop();
  await f.is('again');
  await start(port);
  await teacher(own.base, 'demo').make();
  await f.page.tab.context().setOffline(false);
  await f.is('live');
  await teacher(own.base, 'demo').leaf('v', 3);
  await f.named('v');
});
