// The code: what is written is what runs, in the plain field and in the editor; the language of the page and of its lessons.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { stage } from './page.mjs';
import { lessonsDir } from './tools.mjs';

const s = stage();
const code = (lesson, lang) => readFileSync(resolve(lessonsDir, `${lesson}.${lang}.py`), 'utf8');
const PROGRAMS = {
  indented: 'import torch\nfor i in range(2):\n    if i > 0:\n        print("in", i)\n    else:\n        print("else")\nprint("out")\n',
  'with tabs': 'for i in range(2):\n\tprint(i)\n\tif i:\n\t\tprint("two")\n',
  'with empty lines': '\n\nprint(1)\n\n\nprint(2)\n\n',
  'with brackets and quotes': 'a = [(1, 2), (3, 4)]\nprint("x", \'y\', """z""")\nprint(a[1][0], "]})")\n',
  'in Chinese': '# 注释：两行\n数 = torch.tensor([1.])\nprint("数：", 数)\n',
  'beyond the BMP': 'print("∂😀𝒳")  # 😀\nprint("é")\n',
};

/** The body of the run that the action sets off. */
async function sent(page, act) {
  const request = page.tab.waitForRequest((r) => r.url().includes('/v1/run'));
  await page.running(act);
  return (await request).postData();
}

for (const plain of [true, false])
  for (const [what, program] of Object.entries(PROGRAMS))
    test(`${plain ? 'the plain field' : 'the editor'} runs exactly what is filled in, ${what}`, async (t) => {
      const page = await s.open(t, { prepare: plain ? (p) => p.tab.route(/codemirror/, (r) => r.abort()) : undefined, expected: /ERR_FAILED/ });
      if (!plain) await page.rich();
      assert.equal(await page.tab.locator('.editor textarea').count(), plain ? 1 : 0);
      await page.code.fill(program);
      assert.equal(await sent(page, () => page.button(page.w.run).click()), program);
      assert.equal(await page.text(), program);
      assert.equal(await page.error.count(), 0);
    });

test('the editor takes over what was typed before it came', async (t) => {
  let release;
  const held = new Promise((done) => (release = done));
  const page = await s.open(t, { prepare: (p) => p.tab.route(/codemirror/, async (r) => { await held; await r.continue(); }) });
  await page.code.fill('print("early")\n');
  release();
  await page.rich();
  assert.equal(await page.text(), 'print("early")\n');
  await page.run();
  assert.equal(await page.printed(), 'early');
});

test('what is typed before the lesson comes stays, and does not run by itself', async (t) => {
  const prepare = (p) => p.tab.route(/01-graph/, async (r) => {
    await p.code.fill('print("earlier")\n');
    await r.continue();
  });
  const page = await s.open(t, { prepare });
  await page.tab.getByRole('heading', { name: 'The graph' }).waitFor();
  await page.rich();
  assert.equal(await page.text(), 'print("earlier")\n');
  assert.equal(page.requests.some((r) => r.includes('/v1/run')), false);
  await page.run();
  assert.equal(await page.printed(), 'earlier');
});

test('typing, Tab out of it, undo', async (t) => {
  const page = await s.open(t);
  await page.rich();
  await page.code.press('Control+A');
  await page.tab.keyboard.type('for i in range(2):\nprint(i)');
  assert.match(await page.text(), /^for i in range\(2\):\n {4}print\(i\)$/, 'a block is indented');
  await page.tab.keyboard.press('Tab');
  assert.equal(await page.code.evaluate((el) => el.getRootNode().activeElement === el), false, 'Tab leaves the editor');
  for (let i = 0; i < 40 && (await page.text()) !== code('01-graph', 'en'); i++) await page.code.press('Control+Z');
  assert.equal(await page.text(), code('01-graph', 'en'), 'undo takes the typing back');
});

test('the language changes at once; code that was not touched changes with it', async (t) => {
  const page = await s.open(t, { path: '/#lesson=backward' });
  await page.run();
  await page.seek(5);
  assert.equal(await page.text(), code('03-backward', 'en'));
  await page.tab.evaluate(() => (window.stayed = true));
  await page.running(() => page.button('中文').click());
  assert.equal(await page.text(), code('03-backward', 'zh'));
  await page.button('运行').waitFor();
  assert.equal(await page.tab.evaluate(() => document.documentElement.lang), 'zh-CN');
  assert.equal(await page.tab.evaluate(() => window.stayed), true, 'the page was not loaded anew');
  assert.equal(await page.tab.getByRole('slider', { name: '轨迹' }).inputValue(), '5');
  await page.running(() => page.button('English').click());
  assert.equal(await page.text(), code('03-backward', 'en'));
});

test('code that was typed stays when the language changes', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun('print("mine")\n');
  await page.button('中文').click();
  await page.button('运行').waitFor();
  assert.equal(await page.text(), 'print("mine")\n');
  assert.equal(await page.tab.getByRole('region', { name: '输出' }).locator('pre').innerText(), 'mine');
  await page.tab.reload();
  await page.button('运行').waitFor(); // the language is remembered
});

test('the language is the one that the browser asks for, or the address', async (t) => {
  const zh = await s.open(t, { lang: 'zh' });
  assert.equal(await zh.tab.title(), 'gradd：看见梯度流动');
  await zh.tab.goto(`${s.base}/?lang=en`);
  await zh.button('Run').waitFor();
});

test('the theme is the one of the system until another is chosen', async (t) => {
  const page = await s.open(t, { dark: true });
  const theme = () => page.tab.evaluate(() => document.documentElement.dataset.theme);
  assert.equal(await theme(), 'dark');
  await page.tab.emulateMedia({ colorScheme: 'light' });
  await page.tab.waitForFunction(() => document.documentElement.dataset.theme === 'light');
  await page.tab.getByRole('button', { name: /^Theme/ }).click();
  await page.tab.getByRole('button', { name: /^Theme/ }).click();
  assert.equal(await theme(), 'dark');
  await page.tab.reload();
  await page.ready();
  assert.equal(await theme(), 'dark', 'it is remembered');
});
