// Who uses the page without a mouse, without eyes, in forced colours, on a narrow screen, or on paper.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './page.mjs';

const s = stage();
const focused = (page) => page.tab.evaluate(() => {
  const el = document.activeElement;
  return el?.getAttribute('aria-label') ?? el?.textContent ?? '';
});

test('the link to the code leads there and leaves the address alone', async (t) => {
  const page = await s.open(t, { path: '/?lang=en#lesson=leaves' });
  await page.tab.getByRole('link', { name: 'Skip to the code' }).focus();
  await page.tab.keyboard.press('Enter');
  assert.equal(await focused(page), 'Code and replay');
  assert.match(page.tab.url(), /#lesson=leaves$/);
  await page.button(page.w.share).click();
  await page.tab.getByText('Copied.').waitFor();
  assert.match(page.tab.url(), /\?lang=en#z=/, 'the language of the visit stays');
});

test('who steps to the end or the start keeps the focus', async (t) => {
  const page = await s.open(t);
  await page.writeAndRun('print(1)\nprint(2)\n');
  await page.button(page.w.back).focus();
  for (const n of [1, 0]) {
    await page.tab.keyboard.press('Enter');
    await page.settled(n);
  }
  await page.tab.keyboard.press('Enter'); // there is nothing before
  assert.equal(await focused(page), page.w.back);
  assert.equal(await page.at(), 0);
  await page.accessible('at the start');
});

test('what is scrolled sideways takes the arrow keys; elsewhere they step', async (t) => {
  const page = await s.open(t, { phone: true });
  await page.writeAndRun(`import torch\nw = torch.ones(4, 4, requires_grad=True)\n${'x'.repeat(300)} = w * 2\n`);
  const at = await page.at();
  const text = page.call.locator('pre');
  await text.focus();
  await page.tab.keyboard.press('ArrowRight');
  await page.tab.waitForFunction(() => document.querySelector('#call-text').scrollLeft > 0);
  await page.tab.keyboard.press('ArrowLeft');
  await page.tab.waitForFunction(() => document.querySelector('#call-text').scrollLeft === 0);
  assert.equal(await page.at(), at);
  await page.tab.locator('h1').click();
  await page.tab.keyboard.press('ArrowLeft');
  await page.settled(at - 1);
});

test('closing a tensor gives the focus back to its box', async (t) => {
  const page = await s.open(t);
  await page.run();
  await page.box('y').locator('text.name').click();
  await page.inspector.getByRole('button', { name: page.w.close }).focus();
  await page.tab.keyboard.press('Enter');
  await page.inspector.waitFor({ state: 'detached' });
  assert.match(await focused(page), /^y, /);
});

test('a screen reader hears each step once, and not each run of a comparison', async (t) => {
  const page = await s.open(t);
  await page.run();
  const status = page.tab.locator('p.hidden[role=status]');
  await page.slider.focus();
  const before = await status.innerText();
  await page.tab.keyboard.press('Home');
  await page.settled(0);
  assert.equal(await status.innerText(), before, 'the slider has said it');
  await page.tab.locator('h1').click();
  await page.tab.keyboard.press('ArrowRight');
  await page.settled(1);
  assert.match(await status.innerText(), /^line 1/);
  await page.tab.evaluate(() => {
    window.heard = [];
    new MutationObserver(() => {
      const text = [...document.querySelectorAll('.differences [role=status]')].map((e) => e.textContent).join('|');
      if (window.heard.at(-1) !== text) window.heard.push(text);
    }).observe(document.querySelector('.lab'), { childList: true, subtree: true, characterData: true });
  });
  await page.button('Check a gradient').click();
  await page.tab.locator('.differences [role=status]').filter({ hasText: '22 runs of the code' }).waitFor();
  assert.ok((await page.tab.evaluate(() => window.heard.length)) <= 4, (await page.tab.evaluate(() => window.heard)).join('\n'));
});

test('nothing is wider than a screen of 320 pixels, whatever is open', async (t) => {
  const page = await s.open(t, { phone: true, path: '/#lesson=backward' });
  await page.tab.setViewportSize({ width: 320, height: 640 });
  await page.run();
  await page.fits();
  for (const [bench, there] of [['Check a gradient', /22 runs of the code/], ['Train a net', /All parameters as numbers/], ['Follow a session', /Nobody is followed/]]) {
    await page.button(bench).click();
    await page.region('Bench').getByText(there).waitFor();
    await page.fits();
  }
});

test('in forced colours it is seen what is chosen', async (t) => {
  const page = await s.open(t);
  await page.tab.emulateMedia({ forcedColors: 'active' });
  const ground = (name) => page.button(name).evaluate((b) => getComputedStyle(b).backgroundColor);
  assert.notEqual(await ground('English'), await ground('中文'));
  await page.accessible('in forced colours');
});

test('the night is not printed', async (t) => {
  const page = await s.open(t, { dark: true, path: '/#lesson=training' });
  const theme = () => page.tab.evaluate(() => document.documentElement.dataset.theme);
  assert.equal(await theme(), 'dark');
  await page.tab.emulateMedia({ media: 'print' });
  await page.tab.waitForFunction(() => document.documentElement.dataset.theme === 'light');
  assert.equal(await page.region('Bench').isVisible(), false, 'an empty bench is not printed');
  const cut = await page.tab.evaluate(() => [...document.querySelectorAll('pre')].filter((p) => p.scrollHeight > p.clientHeight + 1).length);
  assert.equal(cut, 0, 'nothing is cut off');
  await page.tab.emulateMedia({ media: 'screen' });
  await page.tab.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
});
