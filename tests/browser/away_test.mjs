// The server goes away and comes back, while somebody reads.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './page.mjs';
import { serve } from './tools.mjs';

const s = stage();
const REFUSED = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/;

for (const lang of ['en', 'zh'])
  test(`what was run can be replayed without the server, and the page goes on with it, ${lang}`, async (t) => {
    const own = await serve();
    let again;
    t.after(async () => {
      await own.stop();
      await again?.stop();
    });
    const page = await s.open(t, { lang, expected: REFUSED, base: own.base });
    await page.rich();
    await page.run();
    const length = await page.length();
    await own.stop();
    const alert = page.tab.getByRole('alert');
    await page.button(page.w.run).click();
    await alert.getByText(lang === 'zh' ? '服务器没有响应' : 'The server does not answer').waitFor();
    await page.accessible('without the server');
    await page.idle();
    for (const n of [0, 3, length]) await page.seek(n);
    assert.equal(await page.boxes.count(), 5);
    again = await serve([], own.port);
    await alert.locator('p').waitFor({ state: 'detached' });
    await page.writeAndRun('print("back")\n');
    assert.equal(await page.printed(), 'back');
  });

test('a lesson that cannot come leaves the one that is open, and comes later', async (t) => {
  const own = await serve();
  let again;
  t.after(async () => {
    await own.stop();
    await again?.stop();
  });
  const page = await s.open(t, { expected: REFUSED, base: own.base });
  await page.rich();
  const text = await page.text();
  await own.stop();
  const lesson = page.tab.getByRole('combobox', { name: page.w.lesson, exact: true });
  await lesson.selectOption({ index: 3 });
  await page.tab.getByRole('alert').getByText('The server does not answer').waitFor();
  assert.equal(await lesson.inputValue(), 'graph');
  assert.equal(await page.text(), text);
  await page.button('Check a gradient').click();
  await page.tab.getByRole('button', { name: 'Check a gradient', expanded: false }).waitFor();
  again = await serve([], own.port);
  await page.tab.getByRole('alert').locator('p').waitFor({ state: 'detached' });
  await page.choose(4);
});

test('a page older than its server says so, and loads anew with the code it holds', async (t) => {
  const prepare = (p) => p.tab.route(/02-leaves/, (r) => r.fulfill({ status: 404 }), { times: 1 });
  const page = await s.open(t, { prepare });
  await page.writeAndRun('print("kept")\n');
  await page.tab.getByRole('combobox', { name: page.w.lesson, exact: true }).selectOption({ index: 2 });
  await page.tab.getByRole('alert').getByText('newer version').waitFor();
  await page.accessible('with an old page');
  await page.running(() => page.button('Load the page anew').click());
  await page.rich();
  assert.equal(await page.text(), 'print("kept")\n');
  assert.equal(await page.printed(), 'kept');
  assert.equal(await page.tab.getByRole('alert').locator('p').count(), 0);
});
