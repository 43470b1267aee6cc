// The film: the slider and the keys move in what was recorded, and ask the server for nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './page.mjs';
import { runText } from './tools.mjs';

const s = stage();

test('scrubbing asks the server for nothing', async (t) => {
  const page = await s.open(t, { path: '/#lesson=training' });
  await page.rich();
  await page.run();
  const length = await page.length();
  const asked = page.requests.length;
  for (const n of [0, length, ...Array.from({ length: 12 }, (_, i) => Math.round((length * i) / 12))]) await page.seek(n);
  const box = await page.slider.boundingBox();
  await page.tab.mouse.move(box.x + 10, box.y + box.height / 2);
  await page.tab.mouse.down();
  for (let i = 1; i <= 20; i++) await page.tab.mouse.move(box.x + 10 + (box.width * i) / 20, box.y + box.height / 2);
  await page.tab.mouse.up();
  assert.equal(await page.at(), length, 'dragged to the end');
  for (let i = 0; i < 5; i++) await page.back();
  await page.forward();
  assert.deepEqual(page.requests.slice(asked), []);
});

test('the arrow keys step anywhere on the page', async (t) => {
  const page = await s.open(t);
  await page.run();
  const length = await page.length();
  await page.tab.locator('h1').click();
  for (let i = 1; i <= 3; i++) {
    await page.tab.keyboard.press('ArrowLeft');
    await page.settled(length - i);
  }
  await page.tab.keyboard.press('ArrowRight');
  await page.settled(length - 2);
  await page.code.focus();
  await page.tab.keyboard.press('ArrowLeft');
  await page.tab.keyboard.press('ArrowLeft');
  assert.equal(await page.at(), length - 2, 'in the code they move the caret');
});

/** Presses Tab until it is there; fails if it never is. */
async function tabTo(page, target, key = 'Tab') {
  for (let i = 0; i < 80; i++) {
    if (await target.evaluate((el) => el.getRootNode().activeElement === el)) return;
    await page.tab.keyboard.press(key);
  }
  assert.fail(`Tab does not come to ${target}`);
}

test('everything is done with the keyboard alone', async (t) => {
  const page = await s.open(t);
  await page.rich();
  await page.tab.keyboard.press('Tab');
  await page.tab.keyboard.press('Enter'); // the link that skips to the code
  await tabTo(page, page.code);
  await page.tab.keyboard.press('Control+A');
  const source = 'w = torch.tensor([3.], requires_grad=True)\ny = w * w\ny.backward()\nprint(w.grad)';
  await page.tab.keyboard.type(source);
  await page.running(() => page.tab.keyboard.press('Control+Enter'));
  assert.equal(await page.text(), source);
  assert.equal(await page.printed(), 'tensor([6.])');
  await tabTo(page, page.slider);
  const length = await page.length();
  await page.tab.keyboard.press('Home');
  await page.settled(0);
  await page.tab.keyboard.press('ArrowRight');
  await page.settled(1);
  await page.tab.keyboard.press('End');
  await page.settled(length);
  await tabTo(page, page.boxes.first());
  await page.tab.keyboard.press('ArrowRight'); // one of the two leads on, as the picture lies or stands
  await page.tab.keyboard.press('ArrowDown');
  await page.tab.keyboard.press('Enter');
  await page.inspector.getByRole('heading', { name: 'y', exact: true }).waitFor();
  await page.tab.keyboard.press('Escape');
  await page.inspector.waitFor({ state: 'detached' });
  await page.tab.keyboard.press('?');
  const help = page.tab.getByRole('dialog', { name: page.w.help });
  await help.waitFor();
  await page.accessible('with the help open');
  await page.tab.keyboard.press('Escape');
  await help.waitFor({ state: 'hidden' });
});

test('a step on runs code that was changed', async (t) => {
  const page = await s.open(t);
  await page.write('print("one")\nprint("two")\n');
  await page.tab.getByText(page.w.stale).waitFor();
  await page.running(page.forward);
  await page.settled(1);
  assert.equal(await page.printed(), 'one');
  await page.forward();
  assert.equal(await page.printed(), 'one\ntwo');
});

test('it plays by itself to the end, and stops when asked', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun('a = torch.tensor([1.])\nprint(a)\n');
  await page.seek(0);
  await page.button(page.w.play).click();
  await page.settled(1);
  await page.button(page.w.pause).click();
  await page.button(page.w.play).click();
  await page.settled(await page.length());
  await page.button(page.w.play).waitFor();
});

test('nothing moves for who asked for that', async (t) => {
  const page = await s.open(t, { path: '/#lesson=accumulation', still: true });
  await page.run();
  const length = await page.length();
  for (let n = length; n > length - 12; n--) {
    await page.seek(n);
    assert.equal(await page.tab.evaluate(() => document.getAnimations().filter((a) => a.playState === 'running').length), 0, `at step ${n}`);
  }
});

test('gradients are seen to flow by everyone else', async (t) => {
  const page = await s.open(t, { path: '/#lesson=backward', still: false });
  await page.run();
  for (let n = await page.length(); n > 0 && !(await page.graph.locator('.edge.lit').count()); n--) await page.seek(n - 1);
  const names = await page.tab.evaluate(() => document.getAnimations().map((a) => a.animationName));
  assert.ok(names.includes('back'), names.join());
});

for (const dark of [false, true])
  test(`the page prints, ${dark ? 'dark' : 'light'}`, async (t) => {
    const page = await s.open(t, { dark, path: '/#lesson=training' });
    await page.run();
    await page.tab.emulateMedia({ media: 'print' });
    const shot = await page.tab.screenshot({ fullPage: true });
    assert.ok(shot.length > 20_000);
    assert.equal(await page.button(page.w.run).isVisible(), false, 'buttons are not printed');
    assert.ok((await page.tab.pdf()).length > 10_000);
  });

/** What is said of the op that runs in that line. */
async function saidOf(page, line) {
  for (let n = 1; n <= (await page.length()); n++) {
    await page.seek(n);
    const text = await page.explanation.innerText();
    if (text.startsWith(`line ${line} · forward`)) return text;
  }
  assert.fail(`nothing is computed in line ${line}`);
}

test('why nothing is recorded, and what is written, is told as it is', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun([
    'w = torch.tensor([1., 2.], requires_grad=True)', 'm = w > 0', 'd = w.detach()', 'd.mul_(1)', '(w * 2).sum().backward()', 'w.grad.zero_()',
    'with torch.no_grad():', '    w.mul_(3)', 'b = w * 2', 'v = b[0]', 'v.mul_(5)', '',
  ].join('\n'));
  assert.match(await saidOf(page, 2), /gt has no derivative by w/);
  assert.doesNotMatch(await saidOf(page, 2), /Grad mode/);
  assert.match(await saidOf(page, 3), /same numbers, but the graph stops/);
  assert.doesNotMatch(await saidOf(page, 4), /Grad mode|no derivative/);
  assert.match(await saidOf(page, 6), /w\.grad is overwritten in place/);
  assert.match(await saidOf(page, 8), /Grad mode is off/);
  assert.match(await saidOf(page, 11), /v is a view: what was written belongs to b/);
  const formula = await page.explanation.locator('.rules math').first().evaluate((m) => m.querySelector('mfrac').textContent.replace(/\s/g, ''));
  assert.equal(formula, '∂b∂(w×2)', 'of the base by what it was');
  await page.accessible('with a view that was written');
});

test('a number that is kept has a size, too', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun('w = torch.ones(5, requires_grad=True)\ny = w * 3\nz = y * w\n');
  assert.equal(await page.graph.locator('.kept').innerText(), 'Kept for backward: 3 tensors, 44 bytes (y, w)');
});

test('what becomes of the graph after a pass is told, and which gradients stay', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun('w = torch.tensor(1., requires_grad=True)\ny = w + 1\ny.backward()\nz = w * w\nz.retain_grad()\ntorch.autograd.grad(z, [w])\n');
  const texts = [];
  for (let n = 1; n <= (await page.length()); n++) {
    await page.seek(n);
    texts.push(await page.explanation.innerText());
  }
  const last = (line) => texts.findLast((x) => x.startsWith(`line ${line} `));
  assert.match(last(3), /saved nothing that could be freed, so backward can run again/);
  assert.match(last(5), /z will keep its gradient/);
  assert.match(last(6), /returns the gradient of w[^]*What 1 node had saved is freed/);
});

test('a program that prints nothing says so', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun('a = torch.tensor([1.])\n');
  assert.equal((await runText(s.base, 'a = torch.tensor([1.])\n')).text, '');
  assert.equal(await page.printed(), 'Nothing was printed.');
});
