// What is meant badly, or is just too much: the page shows it as text or says in words that it will not, and goes on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { stage } from './page.mjs';
import { chain } from './programs.mjs';
import { runText } from './tools.mjs';

const s = stage(['--deadline-s', '3']);
const GATEWAY = /status of (504|413)/;

/** Nothing was made of the text but text, and the page still works. */
async function unharmed(page) {
  assert.equal(await page.tab.evaluate(() => window.hurt), undefined, 'something ran');
  assert.equal(await page.tab.locator('img, iframe, object, script:not([src])').count(), 0, 'something was put in');
  await page.writeAndRun('print("still here")\n');
  assert.equal(await page.printed(), 'still here');
}

const MARKUP = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script><svg onload=window.hurt=1>';

test('markup that is printed is text', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun(`print('${MARKUP}')\nprint("</pre></style>&lt;b&gt;")\n`);
  assert.equal(await page.printed(), `${MARKUP}\n</pre></style>&lt;b&gt;`);
  for (const n of [1, 2]) await page.seek(n);
  await unharmed(page);
});

test('markup in a text, an error or a name that is none is text', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun(`x = torch.tensor([1.])\nprint(x["${MARKUP.replaceAll('"', "'")}"])\n`);
  assert.match(await page.printed(), /Error/);
  await page.writeAndRun(`raise ValueError('${MARKUP}')\n`);
  await page.writeAndRun(`${MARKUP} = 1\n`);
  assert.match(await page.printed(), /SyntaxError/);
  await unharmed(page);
});

test('names of any script are shown as they are', async (t) => {
  const page = await s.open(t);
  const source = '变量 = torch.tensor([1.], requires_grad=True)\nمتغير = 变量 * 2\nאבג = متغير + 1\n𝒳é = אבג * 3\n𝒳é.backward()\nprint("א ب \u202e rev", 变量.grad)\n';
  await page.writeAndRun(source);
  assert.equal(await page.text(), source);
  assert.equal(await page.printed(), (await runText(s.base, source)).text);
  const names = (await page.drawn()).map((b) => b.name);
  for (const name of ['变量', 'متغير', 'אבג']) assert.ok(names.includes(name), names.join());
  await page.accessible('with names of many scripts');
  await unharmed(page);
});

test('a tensor of a million elements is summed up', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun('w = torch.ones(1000000, requires_grad=True)\ny = (w * 2).sum()\ny.backward()\nprint(y, w.grad.shape)\n');
  assert.match(await page.printed(), /tensor\(2000000\., grad_fn=<SumBackward0>\) torch\.Size\(\[1000000\]\)/);
  assert.equal(await page.graph.locator('.cell').count(), 0);
  await page.box('w').locator('text.name').click();
  assert.match(await page.inspector.innerText(), /\[1000000\]/);
  for (const n of [0, 2, await page.length()]) await page.seek(n);
  await page.fits();
  await unharmed(page);
});

test('a trace of 50,000 steps is cut, and the page says so', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun('w = torch.tensor([1.], requires_grad=True)\nx = w\nfor i in range(50000):\n    x = x * 1.0\nprint(x)\n');
  await page.graph.locator('.note').filter({ hasText: /The trace was cut: [\d,]+ further steps/ }).waitFor();
  assert.match(await page.printed(), /^tensor\(\[1\.\]/);
  for (const part of [0, 0.5, 0.99]) await page.seek(Math.round((await page.length()) * part));
  await unharmed(page);
});

test('a picture of thousands is not drawn even for who asks for everything, and what is kept is counted in all', async (t) => {
  const page = await s.open(t, { path: `/#z=${deflateRawSync(JSON.stringify({ code: chain(3000), at: 2500, scope: 'all' })).toString('base64url')}` });
  await page.graph.locator('.note').filter({ hasText: /\d+ of 2\d\d\d tensors are shown: those around this step/ }).waitFor();
  assert.ok((await page.boxes.count()) <= 60);
  assert.match(await page.graph.locator('.kept').innerText(), /Kept for backward: 2\d\d\d tensors/);
  await page.tab.getByRole('combobox', { name: page.w.scope }).selectOption('result');
  await page.seek(await page.length());
  assert.ok((await page.boxes.count()) <= 60);
  await unharmed(page);
});

test('a program without an end is ended', async (t) => {
  const page = await s.open(t, { expected: GATEWAY });
  await page.writeAndRun('while True:\n    pass\n');
  assert.match(await page.printed(), /time limit/);
  assert.match(await page.error.innerText(), /time limit/);
  await unharmed(page);
});

test('100 kB of code', async (t) => {
  const page = await s.open(t);
  const source = `${Array.from({ length: 4000 }, (_, i) => `a${i} = ${i}  # ${'x'.repeat(14)}`).join('\n')}\nprint(a3999)\n`;
  assert.ok(source.length > 100_000);
  const request = page.tab.waitForRequest((r) => r.url().includes('/v1/run') && (r.postData()?.length ?? 0) > 100_000);
  await page.writeAndRun(source);
  assert.equal((await request).postData(), source);
  assert.equal(await page.printed(), '3999');
  await page.seek(100);
  await unharmed(page);
});

test('null bytes and other controls', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun('print("a\\x00b\\x1b[31mred\\x07")\n');
  assert.match(await page.printed(), /^a.b/s);
  const request = page.tab.waitForRequest((r) => r.url().includes('/v1/run'));
  await page.tab.evaluate((text) => navigator.clipboard.writeText(text), 'print(1)\u0000');
  await page.code.press('Control+A');
  await page.running(async () => {
    await page.code.press('Control+V');
    await page.button(page.w.run).click();
  });
  if ((await request).postData()?.includes('\0')) assert.match(await page.printed(), /null bytes/);
  await unharmed(page);
});

test('a thousand printed lines, and one of 100,000 characters', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun('for i in range(1000):\n    print(i)\nprint("x" * 100000)\n');
  assert.equal((await page.printed()).length, (await runText(s.base, await page.text())).text.length);
  await page.fits();
  await unharmed(page);
});

test('nan, the infinities and extreme numbers are written and read', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun('x = torch.tensor([float("nan"), float("inf"), float("-inf"), 1e-40, 3e38], requires_grad=True)\ny = (x * x).sum()\ny.backward()\nprint(x.grad)\n');
  for (const dark of [true, false]) {
    await page.tab.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
    await page.box('x').locator('text.name').click();
    await page.accessible(dark ? 'in the dark' : 'in the light');
  }
  await unharmed(page);
});
