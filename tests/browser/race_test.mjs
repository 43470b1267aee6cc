// Answers that come late, or out of order: each goes to what it belongs to, and to nothing if that is gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { stage } from './page.mjs';
import { serve } from './tools.mjs';

const s = stage();
const packed = (value) => `z=${deflateRawSync(JSON.stringify(value)).toString('base64url')}`;

/** Holds the requests to an address back: `held()` waits for the next, and gives what lets it go on. */
async function gate(page, address) {
  const waiting = [];
  const wanted = [];
  await page.tab.route(address, (route) => {
    const go = () => route.continue().catch(() => undefined); // it may have been given up
    const next = wanted.shift();
    if (next) next(go);
    else waiting.push(go);
  });
  return {
    held: async () => {
      if (waiting.length) return waiting.shift();
      const next = new Promise((done) => wanted.push(done));
      return Promise.race([next, page.tab.waitForEvent('crash')]); // fails in the end if none comes
    },
    open: async () => {
      await page.tab.unroute(address);
      for (const go of waiting.splice(0)) await go();
    },
  };
}
const RUN = /\/v1\/run/;
/** The page has handled every answer that it was given. */
const calm = (page) => page.frames(4);

test('a run that ends after a lesson was chosen is not shown beside it', async (t) => {
  const page = await s.open(t);
  await page.write('mine = torch.tensor(1.)\nprint("mine")\n');
  const runs = await gate(page, RUN);
  await page.button(page.w.run).click();
  const go = await runs.held();
  await page.choose(2);
  await go();
  await page.idle();
  await calm(page);
  assert.equal(await page.length(), 0);
  assert.equal(await page.box('mine').count(), 0);
  assert.equal(await page.tab.getByText(page.w.stale).count(), 0);
});

test('of two runs the later one counts, whichever answer comes first', async (t) => {
  const page = await s.open(t);
  await page.write('print("first")\n');
  const runs = await gate(page, RUN);
  await page.button(page.w.run).click();
  const first = await runs.held();
  await page.write('print("second")\n');
  await page.button(page.w.run).click();
  await (await runs.held())();
  await page.tab.waitForFunction(() => document.querySelector('.output pre')?.textContent === 'second');
  await first();
  await calm(page);
  assert.equal(await page.printed(), 'second');
  await page.idle();
});

test('the language is changed while the lesson runs: it runs again in that language', async (t) => {
  const page = await s.open(t);
  await page.choose(2);
  const runs = await gate(page, RUN);
  await page.button(page.w.run).click();
  const first = await runs.held();
  await page.button('中文').click();
  await (await runs.held())();
  await first();
  await page.idle();
  await calm(page);
  assert.notEqual(await page.tab.getByRole('slider', { name: '轨迹' }).getAttribute('max'), '0');
  assert.equal(await page.tab.getByText('代码已修改').count(), 0);
});

test('no step is taken in an old replay when the server is away', async (t) => {
  const own = await serve();
  t.after(() => own.stop());
  const page = await s.open(t, { expected: /ERR_/, base: own.base });
  await page.run();
  const at = await page.at();
  await page.write('print("another")\n');
  await own.stop();
  await page.forward();
  await page.tab.getByRole('alert').getByText('does not answer').waitFor();
  await page.idle();
  assert.equal(await page.at(), at);
  await page.button(page.w.play).click();
  await page.idle();
  await calm(page);
  assert.equal(await page.at(), at);
  await page.button(page.w.play).waitFor();
});

test('advice on an error that is gone is not given for the next one', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun('w = torch.tensor([1.], requires_grad=True)\nw += 1\n');
  await page.error.getByRole('listitem').first().waitFor();
  const problems = await gate(page, /\/problems\/graph_freed/);
  await page.writeAndRun('w = torch.tensor([3.], requires_grad=True)\ny = w * w\ny.backward()\ny.backward()\n');
  const late = await problems.held();
  await page.writeAndRun('w = torch.tensor([1.], requires_grad=True)\nw += 1\n');
  await page.error.getByRole('listitem').first().waitFor();
  const said = await page.error.innerText();
  const answered = page.tab.waitForResponse(/graph_freed/);
  await late();
  await (await answered).finished();
  await calm(page);
  assert.equal(await page.error.innerText(), said);
});

test('advice that did not come is asked for again', async (t) => {
  const page = await s.open(t);
  await page.tab.route(/\/problems\/leaf_inplace/, (r) => r.fulfill({ status: 404, contentType: 'application/json', body: '{"title":"none"}' }), { times: 1 });
  const failing = 'w = torch.tensor([1.], requires_grad=True)\nw += 1\n';
  await page.writeAndRun(failing);
  await calm(page);
  await page.writeAndRun('print(1)\n');
  await page.writeAndRun(failing);
  await page.error.getByRole('listitem').first().waitFor();
});

test('an address that comes while a lesson is open takes its place, and brings back the start of the replay', async (t) => {
  const page = await s.open(t);
  await page.run();
  await page.tab.evaluate((hash) => { location.hash = hash; }, packed({ code: 'print("from the address")\r\nprint(2)\r\n' }));
  await page.region(page.w.lessonText).waitFor({ state: 'detached' });
  assert.equal(await page.text(), 'print("from the address")\nprint(2)\n');
  assert.equal(await page.tab.locator('.controls .count').innerText(), '0 / 0');
  await page.run();
  assert.equal(await page.tab.getByText(page.w.stale).count(), 0);
});

test('what is typed into the plain field goes on in the editor where the caret stood', async (t) => {
  let release;
  const held = new Promise((done) => (release = done));
  const page = await s.open(t, { prepare: (p) => p.tab.route(/codemirror/, async (r) => { await held; await r.continue(); }) });
  await page.code.fill('print("ab")\n');
  await page.code.evaluate((el) => el.setSelectionRange(8, 8));
  await page.tab.keyboard.type('1');
  release();
  await page.rich();
  await page.tab.keyboard.type('2');
  assert.equal(await page.text(), 'print("a12b")\n');
});

test('what is typed while a number is being changed is not taken back', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun('w = torch.tensor(1.5, requires_grad=True)\ny = w * 2\n');
  const runs = await gate(page, RUN);
  await page.dial('w').focus();
  await page.tab.keyboard.press('ArrowUp');
  const first = await runs.held();
  await page.tab.keyboard.press('ArrowUp'); // waits for the first
  await page.code.press('Control+End');
  await page.tab.keyboard.type('# typed');
  await first();
  await page.idle();
  await calm(page);
  assert.match(await page.text(), /^w = torch\.tensor\(1\.6, .*# typed$/s);
  await page.tab.getByText(page.w.stale).waitFor();
});

// ---- who follows a session

const session = (name, method = 'PUT', path = '', body = undefined) =>
  fetch(`${s.base}/v1/sessions/${name}${path}`, { method, body, headers: body ? { 'Content-Type': 'text/x-python' } : {} });
const live = (page, name) => page.tab.locator('.follow .state').filter({ hasText: `Following ${name}.` }).waitFor();

test('the state of the bench is about who is followed, not about the name that is being typed', async (t) => {
  await session('one');
  const page = await s.open(t, { path: '/?follow=one' });
  await live(page, 'one');
  await page.tab.getByRole('textbox', { name: 'Session' }).fill('two');
  assert.match(await page.tab.locator('.follow .state').innerText(), /^Following one\./);
  assert.match(await page.tab.locator('.follow pre').innerText(), /sessions\/one\/run/);
});

test('a bench that was closed before the session answered does not follow it', async (t) => {
  await session('closed');
  await session('closed', 'POST', '/run', 'w = torch.tensor(3., requires_grad=True)\n');
  const page = await s.open(t);
  await page.button('Follow a session').click();
  await page.tab.getByRole('textbox', { name: 'Session' }).fill('closed');
  const asked = await gate(page, /\/v1\/sessions\/closed$/);
  await page.button('Follow').click();
  const go = await asked.held();
  await page.button('Follow a session').click();
  await go();
  await calm(page);
  assert.equal(page.requests.some((r) => r.includes('/events')), false);
});

test('another language does not end following', async (t) => {
  await session('spoken');
  const page = await s.open(t, { path: '/?follow=spoken' });
  await live(page, 'spoken');
  await session('spoken', 'POST', '/run', 'w = torch.tensor(3., requires_grad=True)\n');
  await page.graph.locator('text.name:text-is("w")').waitFor();
  await page.button('中文').click();
  await page.tab.locator('.follow .state').filter({ hasText: '正在跟随 spoken' }).waitFor();
  await session('spoken', 'POST', '/run', 'v = w * 2\n');
  await page.tab.locator('svg.graph text.name:text-is("v")').waitFor();
  assert.equal(page.requests.some((r) => r.includes('/v1/run')), false);
});

test('a lesson that comes later than the session does not take its graph away', async (t) => {
  await session('early');
  let release;
  const held = new Promise((done) => (release = done));
  t.after(() => release());
  const page = await s.open(t, {
    path: '/?follow=early',
    prepare: async (p) => {
      await p.tab.route(/01-graph/, async (r) => { await held; await r.continue(); });
      p.ready = () => p.button(p.w.run).waitFor();
    },
  });
  await live(page, 'early');
  await session('early', 'POST', '/run', 'w = torch.tensor(3., requires_grad=True)\n');
  await page.box('w').waitFor();
  release();
  await page.tab.getByRole('heading', { name: 'The graph' }).waitFor();
  await session('early', 'POST', '/run', 'v = w * 2\n');
  await page.box('v').waitFor();
  await live(page, 'early');
});
