// What comes before a visitor can begin: few bytes, all of them from the page's own server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './page.mjs';

const s = stage();
const MOST = 80_000; // bytes, gzipped, without the editor

test('the first load is small, and enough to run code', async (t) => {
  const page = await s.open(t, { prepare: (p) => p.tab.route(/codemirror/, (r) => r.abort()), expected: /ERR_FAILED/ });
  await page.code.fill('print("enough")\n');
  await page.run();
  assert.equal(await page.printed(), 'enough');
  const files = new Set(page.requests.filter((r) => /^GET \/(assets\/(?!codemirror)|$)/.test(r)).map((r) => r.slice(4)));
  let bytes = 0;
  for (const file of files) {
    const answer = await fetch(s.base + file, { headers: { 'Accept-Encoding': 'gzip', Accept: file === '/' ? 'text/html' : '*/*' } });
    assert.equal(answer.headers.get('content-encoding'), 'gzip', file);
    bytes += Number(answer.headers.get('content-length'));
    await answer.arrayBuffer();
  }
  assert.ok(files.size > 3 && bytes > 10_000, `${[...files]}`);
  assert.ok(bytes <= MOST, `${bytes} bytes in ${[...files]}`);
  t.diagnostic(`${bytes} bytes in ${files.size} files`);
});
