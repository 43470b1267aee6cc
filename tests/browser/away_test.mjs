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
