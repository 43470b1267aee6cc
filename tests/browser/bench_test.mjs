// bench_test.mjs - the benches beside the code, and taking the picture away.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { stage } from './page.mjs';
import { chain } from './programs.mjs';

const s = stage();
const bench = (page) => page.region('Bench');

test('a gradient is compared with differences', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun('import torch\nx = torch.tensor(2., requires_grad=True)\ny = x * x * x\ny.backward()\n');
  await page.button('Check a gradient').click();
  await bench(page).getByRole('row', { name: /^central.*\b1(1\.9|2\.0)\d/ }).first().waitFor(); // of x³ at 2
  assert.match(await bench(page).innerText(), /of backward\s+12\b/);
  assert.deepEqual(await page.violations(), []);
  await page.writeAndRun('import torch\nx = torch.tensor(2., requires_grad=True)\nx += 1\n');
  await bench(page).getByText('The script stopped with an error').waitFor();
  assert.equal(await bench(page).getByRole('row', { name: /^central/ }).count(), 0, 'numbers of other code are gone');
});

test('a net is trained, paused and started over', async (t) => {
  const page = await s.open(t);
  await page.button('Train a net').click();
  const epoch = () => bench(page).innerText().then((text) => Number(/Epoch\s+(\d+)/.exec(text)?.[1]));
  await page.button('One step').click();
  await page.tab.waitForFunction(() => /Epoch\s+1\b/.test(document.querySelector('.lab').innerText));
  assert.match(await page.call.innerText(), /\/v1\/sessions\/learn/);
  await page.button('Train').click();
  await page.tab.waitForFunction(() => Number(/Epoch\s+(\d+)/.exec(document.querySelector('.lab').innerText)?.[1]) > 20);
  await page.button('Pause training').click();
  await page.button('Train').waitFor();
  const stood = await epoch();
  await page.frames(10);
  assert.equal(await epoch(), stood, 'it stands when it is paused');
  assert.deepEqual(await page.violations(), []);
  await page.button('Start over').click();
  await page.tab.waitForFunction(() => /Epoch\s+0\b/.test(document.querySelector('.lab').innerText));
});

for (const [format, starts] of [['SVG', '<svg'], ['PNG', '\x89PNG'], ['DOT', 'digraph'], ['Mermaid', 'flowchart']])
  test(`the picture is saved as ${format}`, async (t) => {
    const page = await s.open(t, { path: '/#lesson=backward' });
    await page.run();
    const saved = page.tab.waitForEvent('download');
    await page.graph.getByRole('combobox', { name: 'Save as' }).selectOption({ label: format });
    const bytes = await readFile(await (await saved).path(), 'latin1');
    assert.ok(bytes.startsWith(starts), bytes.slice(0, 40));
    if (format !== 'PNG') for (const name of ['w', 'x', 'y', 'MulBackward0']) assert.ok(bytes.includes(name), `${name} is in it`);
  });

async function taken(page, format) {
  const saved = page.tab.waitForEvent('download');
  await page.graph.getByRole('combobox', { name: 'Save as' }).selectOption({ label: format });
  const file = await saved;
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path(), 'latin1') };
}

test('of a large graph all is saved, not what is in sight', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun(chain(150));
  const { bytes } = await taken(page, 'SVG');
  for (let i = 0; i < 149; i++) assert.ok(bytes.includes(`>t${i}<`), `t${i} is in it`);
  assert.ok((await page.boxes.count()) < 150, 'the page draws what is in sight again');
  const png = await taken(page, 'PNG');
  assert.equal(png.name, 'gradd.png');
  assert.ok(png.bytes.length > 10_000);
});

test('where there is no clipboard DOT comes as a file', async (t) => {
  const page = await s.open(t, { prepare: (p) => p.tab.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined })) });
  await page.run();
  const { name, bytes } = await taken(page, 'copy DOT');
  assert.equal(name, 'gradd.dot');
  assert.match(bytes, /^digraph/);
  await page.button(page.w.share).click();
  await page.tab.locator('.shared').getByText('/#z=').waitFor(); // to be copied by hand
});
