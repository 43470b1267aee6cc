// Sharing: the address holds the code and the view; nothing that somebody made up in it does harm.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { stage } from './page.mjs';

const s = stage();
const SOURCE = 'import torch\n数 = torch.tensor([2.], requires_grad=True)\ny = 数 ** 3\ny.backward()\nprint("数", 数.grad)\n';
const packed = (value) => `z=${deflateRawSync(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')}`;
const copied = (page) => page.tab.evaluate(() => navigator.clipboard.readText());

/** The address that Share puts on the clipboard. */
async function address(page) {
  await page.button(page.w.share).click();
  await page.tab.getByText('Copied.').waitFor();
  return copied(page);
}

test('an address brings code, step and scope to another visitor', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun(SOURCE);
  await page.seek(4);
  await page.tab.getByRole('combobox', { name: page.w.scope }).selectOption('all');
  const url = await address(page);
  assert.ok(url.startsWith(`${s.base}/#z=`), url);
  const other = await s.open(t, { path: url.slice(s.base.length) });
  await other.rich();
  await other.settled(4);
  assert.equal(await other.text(), SOURCE);
  assert.equal(await other.tab.getByRole('combobox', { name: other.w.scope }).inputValue(), 'all');
  assert.deepEqual(await other.drawn(), await page.drawn());
  assert.ok(other.requests.every((r) => !r.includes('z=')), 'the fragment is not sent');
});

test('code that was shared and then changed is no longer in the address', async (t) => {
  const page = await s.open(t, { path: `/#${packed({ code: 'print(1)', at: 1 })}` });
  await page.writeAndRun('print(2)');
  assert.equal(new URL(page.tab.url()).hash, '');
});

const MALFORMED = {
  'not base64': '#z=%%%%', 'not deflated': '#z=AAAA', 'cut off': `#${packed({ code: SOURCE }).slice(0, 40)}`, empty: '#z=',
  'not JSON': `#${packed('{"code":')}`, 'without code': `#${packed({ at: 3 })}`, 'code of another type': `#${packed({ code: ['print(1)'] })}`,
  null: `#${packed('null')}`, 'too long': `#${packed({ code: '#'.repeat(400_001) })}`, 'a bomb': `#${packed('0'.repeat(20_000_000))}`,
  'no lesson': '#lesson=nothing', 'another': '#<img src=x onerror=alert(1)>',
};
for (const [what, hash] of Object.entries(MALFORMED))
  test(`a fragment that is ${what} is ignored`, async (t) => {
    const page = await s.open(t, { path: `/${hash}` });
    await page.rich();
    await page.run();
    assert.match(await page.text(), /^import torch\n/, 'the first lesson is there');
    assert.equal(await page.boxes.count(), 5);
  });

test('a view that is beyond its bounds is brought into them', async (t) => {
  for (const at of [-5, 1e9, 2.5]) {
    const page = await s.open(t, { path: `/#${packed({ code: SOURCE, at, scope: 'nothing' })}` });
    const [n, length] = [await page.at(), await page.length()];
    assert.ok(Number.isInteger(n) && n >= 0 && n <= length && length > 4, `${n} of ${length}`);
    assert.equal(await page.tab.getByRole('combobox', { name: page.w.scope }).inputValue(), 'auto');
  }
});

/** A page of another site that shows what it is told in a frame. */
async function site(t, frame) {
  const server = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end(`<!doctype html><title>a blog</title>${frame}`));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.close());
  return `http://localhost:${server.address().port}/`;
}

test('embedded in another site the page works, without its head', async (t) => {
  const page = await s.open(t, { expected: /^request to http:\/\/localhost/ });
  await page.writeAndRun(SOURCE);
  await page.button(page.w.embed).click();
  await page.tab.getByText('Copied.').waitFor();
  const html = await copied(page);
  assert.match(html, /^<iframe src="http[^"]+\/\?embed=1#z=[^"]+"/);
  await page.tab.goto(await site(t, html));
  const frame = page.tab.frameLocator('iframe');
  await frame.getByRole('button', { name: 'Run', exact: true }).click();
  await frame.getByText('数 tensor([12.])').first().waitFor();
  assert.equal(await frame.getByRole('banner').count(), 0);
  assert.equal(await frame.getByRole('combobox', { name: 'Lesson' }).count(), 0);
});

test('the page that is not made for it is not shown in a frame of another site', async (t) => {
  const page = await s.open(t, { expected: /frame-ancestors|http:\/\/localhost/ });
  await page.tab.goto(await site(t, `<iframe src="${s.base}/"></iframe>`));
  const frame = page.tab.frames()[1];
  await page.tab.waitForLoadState('load');
  assert.equal(await frame.locator('#app').count().catch(() => 0), 0);
});
