// The numbers of leaves: dragged, nudged, typed. The code changes at just that place, and the graph follows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './page.mjs';

const s = stage();
const SOURCE = '# 数 1.\nimport torch\nw = torch.tensor([1.5], requires_grad=True)  # 1.5\nm = torch.tensor([[1, 2], [3, 4]])\ny = w * 2\ny.backward()\nprint(y)\n';
const with_ = (w) => SOURCE.replace('[1.5]', `[${w}]`);

async function opened(t) {
  const page = await s.open(t);
  await page.writeAndRun(SOURCE);
  return page;
}

const runs = (page) => page.requests.filter((r) => r.includes('/v1/run')).length;

/** The page has come to rest on this code: it is what ran last. */
const comesTo = async (page, code) => {
  await page.tab.waitForFunction((want) => [...(document.querySelector('.editor .rich').shadowRoot?.querySelectorAll('.cm-line') ?? [])].map((l) => l.textContent).join('\n') === want, code);
  await page.idle();
};

test('arrow keys on a number change it there and nowhere else', async (t) => {
  const page = await opened(t);
  await page.dial('w').focus();
  const before = runs(page);
  await page.running(() => page.tab.keyboard.press('ArrowUp'));
  await comesTo(page, with_('1.6'));
  assert.equal(await page.printed(), 'tensor([3.2000], grad_fn=<MulBackward0>)');
  assert.equal(runs(page), before + 1, 'one request for one change');
  await page.running(() => page.tab.keyboard.press('PageDown'));
  await comesTo(page, with_('0.6'));
  await page.running(() => page.tab.keyboard.press('ArrowDown'));
  await comesTo(page, with_('0.5'));
  assert.equal(runs(page), before + 3);
  assert.equal(await page.at(), await page.length(), 'the film stays at its end');
});

test('a whole number stays whole, and only its own place in the tensor changes', async (t) => {
  const page = await opened(t);
  await page.dial('m[2]').focus();
  await page.running(() => page.tab.keyboard.press('ArrowUp'));
  await comesTo(page, SOURCE.replace('[3, 4]', '[4, 4]'));
  await page.dial('m[3]').focus();
  await page.running(() => page.tab.keyboard.press('PageUp'));
  await comesTo(page, SOURCE.replace('[3, 4]', '[4, 14]'));
});

test('dragging a number moves the graph with it, with no more requests than places', async (t) => {
  const page = await opened(t);
  const box = await page.dial('w').boundingBox();
  const before = runs(page);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.tab.mouse.move(x, y);
  await page.tab.mouse.down();
  for (let i = 1; i <= 50; i++) await page.tab.mouse.move(x + i, y);
  await page.tab.mouse.up();
  await comesTo(page, with_('2.5'));
  assert.equal(await page.printed(), 'tensor([5.], grad_fn=<MulBackward0>)');
  const asked = runs(page) - before;
  assert.ok(asked >= 1 && asked <= 10, `${asked} requests for ten places`);
});

test('a number that gets longer or shorter on the way is still the same number', async (t) => {
  const page = await opened(t);
  const box = await page.dial('w').boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.tab.mouse.move(x, y);
  await page.tab.mouse.down();
  for (let i = 1; i <= 30; i++) await page.tab.mouse.move(x - i * 5, y);
  await page.tab.mouse.up();
  await comesTo(page, with_('-1.5'));
});

test('in the panel a number is typed, and what is none is refused', async (t) => {
  const page = await opened(t);
  await page.box('w').locator('text.name').click();
  const field = page.inspector.getByRole('textbox', { name: 'Value of w' });
  for (const bad of ['', 'x', '1; import os', '1]', 'nan', '1e', '0x10']) {
    const before = runs(page);
    await field.fill(bad);
    await field.press('Enter');
    await field.blur();
    assert.equal(await field.inputValue(), '1.5', `"${bad}" is refused`);
    assert.equal(runs(page), before);
  }
  await field.fill('-2.25e1');
  await page.running(() => field.press('Enter'));
  await comesTo(page, with_('-2.25e1'));
  await page.running(() => page.inspector.getByRole('button', { name: 'w +' }).click());
  assert.match(await page.text(), /torch\.tensor\(\[-22\.\d+\], requires_grad=True\)  # 1\.5/);
});

test('where the film stands is kept while a number changes', async (t) => {
  const page = await opened(t);
  await page.seek(3);
  await page.dial('w').focus();
  await page.running(() => page.tab.keyboard.press('ArrowUp'));
  await comesTo(page, with_('1.6'));
  assert.equal(await page.at(), 3);
});

test('numbers are not for changing while the code is another', async (t) => {
  const page = await opened(t);
  await page.write(`${SOURCE}print("more")\n`);
  await page.dial('w').waitFor({ state: 'detached' });
});
