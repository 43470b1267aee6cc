// The numbers of leaves: dragged, nudged, typed. The code changes at just that place, and the graph follows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './page.mjs';
import { bundled } from './tools.mjs';

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
  await comesTo(page, with_('-2.24e1'));
  await field.fill('3');
  await page.running(() => field.press('Enter'));
  await comesTo(page, with_('3.')); // a float stays one
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

const STEPS = [
  ['1e-3', 1, '1.1e-3'], ['1e-3', -20, '-1.0e-3'], ['1e-3', 0, '1e-3'], ['1.', 1, '1.1'], ['-.5', 1, '-0.4'], ['-.5', 5, '0.0'], ['-0.1', 1, '0.0'],
  ['0.3', -3, '0.0'], ['0.00001234', 1, '0.00002234'], ['3.14159265', 1, '3.14169265'], ['1.50', 1, '1.6'], ['9.9', 1, '10.0'], ['-1', 1, '0'],
  ['9007199254740993', 1, '9007199254740994'], ['1_000', -1, '999'], ['0x10', 1, '17'], ['- 3', -1, '-4'], ['2.5E+20', 1, '2.6E+20'], ['nan', 1, 'nan'],
];
test('a step is exact, whatever the number and the way it is written', async () => {
  const { nudged } = await bundled('nudge.ts');
  for (const [written, by, want] of STEPS) assert.equal(nudged(written, by), want, `${written} by ${by}`);
});

test('numbers are written for people, and say what they are', async () => {
  const { short, line, exact } = await bundled('numbers.ts');
  const texts = [
    [-1e-7, '−1e−7'], [123456.7, '123500'], [-0, '−0'], [0.1 + 0.2, '0.3'], ['NaN', 'NaN'], ['-Infinity', '−∞'], [Infinity, '∞'], [NaN, 'NaN'],
    [true, 'True'], [false, 'False'], [1e300, '1e300'], [-1234567, '−1.23e6'], [5e-324, '4.94e−324'],
  ];
  for (const [x, want] of texts) assert.equal(short(x), want);
  assert.equal(line([[true, false], [false, true]]), '[[True, False], [False, True]]');
  assert.equal(line([]), '[]');
  assert.equal(line([[], []]), '[[], []]');
  assert.equal(exact(-0), '-0');
  assert.equal(exact(16777217), '16777217');
});

test('only the main button of a mouse drags a number', async (t) => {
  const page = await opened(t);
  const box = await page.dial('w').boundingBox();
  const before = runs(page);
  await page.tab.mouse.move(box.x + 5, box.y + 5);
  await page.tab.mouse.down({ button: 'right' });
  await page.tab.mouse.move(box.x + 60, box.y + 5);
  await page.tab.mouse.up({ button: 'right' });
  await page.frames(2);
  assert.equal(runs(page), before);
});
