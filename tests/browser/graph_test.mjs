// The picture: its numbers are those of the API, it can be read when it is large, walked with the keyboard, and had as
// a list.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { stage } from './page.mjs';
import { chain } from './programs.mjs';
import { lessonsDir } from './tools.mjs';

const s = stage();

/** The gradients of all named leaves after the program has run in a session: name → elements, or null. */
async function gradients(base, code, names) {
  const session = `${base}/v1/sessions/g${Math.floor(performance.now() * 1000)}`;
  await fetch(session, { method: 'PUT' });
  await fetch(`${session}/run`, { method: 'POST', headers: { 'Content-Type': 'text/x-python' }, body: code });
  const found = {};
  for (const name of names) {
    const answer = await fetch(`${session}/tensors/${encodeURIComponent(name)}/grad`);
    found[name] = answer.ok ? (await answer.json()).data.flat(9) : null;
  }
  return found;
}

/** What the picture shows as gradients: cells say their number in full, a line of text says it in four digits. */
const shownGradients = (page) => page.boxes.evaluateAll((all) => all.flatMap((g) => {
  const row = g.querySelector('.grad.kept, .grad');
  const name = g.querySelector('text.name').textContent;
  if (!row || !name || row.querySelector('.what').textContent !== 'grad') return [];
  const cells = [...row.querySelectorAll('.cell title')].map((t) => Number(t.textContent));
  const text = row.querySelector('.value')?.textContent ?? '';
  return [{ name, cells, text: text.replaceAll('−', '-') }];
}));

const lessons = readdirSync(lessonsDir).filter((f) => f.endsWith('.en.py')).sort();
test('gradients in the boxes are those of the API', async (t) => {
  const page = await s.open(t);
  let compared = 0;
  for (const [i, file] of lessons.entries()) {
    await page.choose(i + 1);
    await page.run();
    const boxes = await shownGradients(page);
    const wanted = await gradients(s.base, readFileSync(resolve(lessonsDir, file), 'utf8'), boxes.map((b) => b.name));
    for (const { name, cells, text } of boxes) {
      const want = wanted[name];
      if (want === null) assert.equal(text, 'None', `${file}: ${name}`);
      else if (cells.length) assert.deepEqual(cells, want, `${file}: ${name}`);
      else assert.equal(Number(text), Number(want[0].toPrecision(4)), `${file}: ${name}`);
      compared++;
    }
  }
  assert.ok(compared >= 15, `${compared} compared`);
});

function overlaps(boxes) {
  const found = [];
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
    if (a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h) found.push(`${a.spoken} and ${b.spoken}`);
  }));
  return found;
}

/** Every box lies in what can be scrolled to, is large enough to be read, and lies on no other. */
async function isReadable(page, least) {
  const boxes = await page.drawnAll();
  assert.ok(boxes.length >= least, `${boxes.length} boxes`);
  assert.deepEqual(overlaps(boxes), []);
  const { scale, w, h } = await page.graph.locator('svg.graph').evaluate((svg) => ({
    scale: svg.getBoundingClientRect().width / svg.viewBox.baseVal.width, w: svg.viewBox.baseVal.width, h: svg.viewBox.baseVal.height,
  }));
  assert.ok(scale >= 0.7, `the picture is drawn at ${scale} of its size`);
  for (const b of boxes) assert.ok(b.x >= 0 && b.y >= 0 && b.x + b.w <= w && b.y + b.h <= h, `${b.spoken} is outside`);
}

for (const phone of [false, true])
  test(`a graph of 150 tensors can be read, ${phone ? 'on a phone' : 'at a desk'}`, async (t) => {
    const page = await s.open(t, { phone });
    await page.writeAndRun(chain(150));
    await isReadable(page, 150);
    await page.fits();
    for (const part of [0.25, 0.5, 0.75]) {
      await page.seek(Math.round((await page.length()) * part));
      assert.deepEqual(overlaps(await page.drawn()), []);
    }
  });

test('a graph of 700 is folded to what is around the step, and says so', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun(chain(700));
  const few = (await page.drawnAll()).length;
  assert.ok(few <= 150, `${few} boxes`);
  await page.graph.locator('.note').filter({ hasText: / of 70\d tensors are shown/ }).waitFor();
});

test('the keyboard walks through a large graph, and what it comes to is in sight', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun(chain(150));
  await page.seek(20);
  await page.boxes.first().focus();
  const on = async (key) => {
    await page.tab.keyboard.press(key);
    await page.frames(2); // what was not in sight is drawn first
    await page.tab.waitForFunction(() => {
      const [f, p] = [document.activeElement.getBoundingClientRect(), document.querySelector('.pane').getBoundingClientRect()];
      return document.activeElement.matches('[data-key]') && f.right > p.left && f.left < p.right && f.bottom > p.top && f.top < p.bottom;
    });
    return page.tab.locator('[data-key]:focus').getAttribute('data-key');
  };
  const along = await page.graph.locator('svg.graph').evaluate((g) => (g.viewBox.baseVal.width > g.viewBox.baseVal.height ? 'ArrowRight' : 'ArrowDown'));
  const seen = new Set();
  for (let i = 0; i < 15; i++) seen.add(await on(along));
  assert.ok(seen.size >= 10, `${seen.size} tensors`);
});

test('the keyboard walks from tensor to tensor; Enter shows all of one, Esc closes it', async (t) => {
  const page = await s.open(t);
  await page.run();
  await page.graph.getByRole('group', { name: page.w.pane }).focus();
  await page.tab.keyboard.press('Tab');
  const focused = () => page.tab.evaluate(() => document.activeElement?.querySelector?.('text.name')?.textContent ?? document.activeElement?.tagName);
  const start = await focused();
  const walked = new Set([start]);
  for (const key of ['ArrowRight', 'ArrowDown', 'ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp', 'ArrowLeft', 'ArrowUp']) {
    await page.tab.keyboard.press(key);
    walked.add(await focused());
  }
  for (const name of walked) assert.ok(['w', 'x', 'a', 'b', 'y'].includes(name), name);
  assert.ok(walked.size >= 4, [...walked].join());
  const before = await page.at();
  assert.equal(before, await page.length(), 'walking in the graph does not step');
  const name = await focused();
  await page.tab.keyboard.press('Enter');
  await page.inspector.getByRole('heading', { name, exact: true }).waitFor();
  assert.match(await page.inspector.innerText(), /requires_grad\s+True/);
  await page.accessible('with a tensor open');
  await page.tab.keyboard.press('Escape');
  await page.inspector.waitFor({ state: 'detached' });
});

for (const lang of ['en', 'zh'])
  test(`the outline says what the picture says, with links, ${lang}`, async (t) => {
    const page = await s.open(t, { lang, path: '/#lesson=backward' });
    await page.run();
    for (const n of [await page.length(), 8, 12]) {
      await page.seek(n);
      const boxes = await page.drawn();
      await page.button(page.w.outline).click();
      const list = page.graph.getByRole('list', { name: page.w.outlineOf, exact: true });
      assert.deepEqual(await list.getByRole('listitem').getByRole('button').allInnerTexts(), boxes.map((b) => b.spoken));
      const links = await list.getByRole('link').evaluateAll((all) => all.map((a) => !!document.querySelector(a.getAttribute('href'))));
      assert.ok(links.length >= 2 * (boxes.length - 2) && links.every(Boolean), `${links.length} links`);
      await page.accessible('in the outline');
      await page.button(page.w.outline).click();
    }
  });

test('a link of the outline leads to its tensor, and a tensor opens from there', async (t) => {
  const page = await s.open(t, { path: '/#lesson=backward' });
  await page.run();
  await page.button(page.w.outline).click();
  const list = page.graph.getByRole('list', { name: page.w.outlineOf });
  await list.getByRole('listitem').filter({ hasText: /^y, = / }).getByRole('link', { name: 'a', exact: true }).click();
  assert.match(await page.tab.evaluate(() => document.activeElement.textContent), /^a, = x \+ w/);
  await list.getByRole('button', { name: /^a, = / }).click();
  await page.inspector.getByRole('heading', { name: 'a', exact: true }).waitFor();
});

test('another program whose tensors come in the same order has places of its own', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun('w = torch.tensor(2., requires_grad=True)\ny = w * 3\n');
  await page.writeAndRun('a_name_that_is_rather_long = torch.ones(8, 8, requires_grad=True)\nanother_name_as_long_as_that = a_name_that_is_rather_long * 3\n');
  const wide = await page.drawn();
  const pictured = await page.graph.locator('svg.graph').evaluate((svg) => [...svg.querySelectorAll('[data-key]')].map((g) => {
    const frame = g.querySelector('.frame').getBoundingClientRect();
    return [...g.querySelectorAll('text')].every((x) => x.getBoundingClientRect().right <= frame.right + 1);
  }));
  assert.deepEqual(pictured, [true, true], 'what is written stands in its box');
  assert.deepEqual(overlaps(wide), []);
});

test('what was chosen stays chosen in another run, if it is there', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun('w = torch.tensor(2., requires_grad=True)\nv = w * 3\n');
  await page.box('v').click();
  const chosen = (name) => page.inspector.getByRole('heading', { name, exact: true });
  await chosen('v').waitFor();
  await page.writeAndRun('w = torch.tensor(5., requires_grad=True)\nv = w * 3\n');
  await chosen('v').waitFor();
  assert.match(await page.inspector.innerText(), /15/);
  await page.writeAndRun('w = torch.tensor(5., requires_grad=True)\nother = w * 3\n');
  assert.equal(await page.inspector.count(), 0);
});

test('a tensor says with which others it shares its numbers', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun('w = torch.tensor([[1., 2.], [3., 4.]], requires_grad=True)\nflat = w.reshape(4)\nfar = w.detach()\nrow = flat[1]\n' +
    'own = w.t().reshape(4)\nsum = w.clone()\nfar.mul_(2)\n');
  for (const [name, wanted] of [['row', 'w, flat, far'], ['far', 'w, flat, row'], ['own', null]]) {
    await page.box(name).click();
    await page.inspector.getByRole('heading', { name, exact: true }).waitFor();
    const said = /same numbers as\s+(.*)/.exec(await page.inspector.innerText())?.[1] ?? null;
    assert.equal(said, wanted, name);
  }
});
