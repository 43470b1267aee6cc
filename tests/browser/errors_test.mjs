// Errors: the line, the box and the reason, in the reader's language.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './page.mjs';
import { failing } from './programs.mjs';
import { runText } from './tools.mjs';

const s = stage();

async function advice(code, lang) {
  const answer = await fetch(`${s.base}/problems/${code}`, { headers: { 'Accept-Language': lang } });
  return answer.json();
}

for (const lang of ['en', 'zh'])
  for (const { code, line, marked, says, source } of failing)
    test(`${code} is explained, ${lang}`, async (t) => {
      const page = await s.open(t, { lang });
      await page.writeAndRun(source);
      assert.deepEqual(await page.marks(), { now: null, wrong: line });
      assert.match(await page.printed(), says);
      assert.equal(await page.printed(), (await runText(s.base, source)).text.replace(/ \(line \d+, column \d+\)$/, ''));
      const wrong = (await page.drawn()).filter((b) => b.classes.split(' ').includes('wrong')).map((b) => b.name);
      for (const name of marked) assert.ok(wrong.includes(name), `boxes marked: ${wrong}`);
      const card = page.error;
      await card.getByText(says).first().waitFor();
      const { title, why } = await advice(code, lang);
      await card.getByRole('heading', { name: typeof title === 'object' ? title[lang] : title }).waitFor();
      if (lang === 'zh') assert.match(await card.innerText(), /[\u4e00-\u9fff]{4}/);
      if (why) assert.ok((await card.innerText()).includes(typeof why === 'object' ? why[lang] : why));
      await page.accessible('with an error');
      await page.fits();
      await page.back();
      assert.equal(await card.count(), 0, 'before the end there is no error');
      assert.equal((await page.marks()).wrong, null);
    });

test('an error in the syntax marks its line', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun('import torch\nx = = 1\n');
  assert.equal((await page.marks()).wrong, 2);
  assert.match(await page.printed(), /SyntaxError/);
  assert.match(await page.error.innerText(), /line 2/);
});

test('a program that was corrected runs again', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun(failing[1].source);
  await page.error.waitFor();
  await page.writeAndRun(failing[1].source.replace('y.backward()', 'y.backward(retain_graph=True)'));
  assert.equal(await page.error.count(), 0);
  assert.equal((await page.marks()).wrong, null);
});
