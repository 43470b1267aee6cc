// shots.mjs - pictures of all lessons, for people to look at.
//
//   node tests/browser/shots.mjs DIR      DIR/LESSON-LANGUAGE-THEME-SIZE-MOMENT.png
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { open } from './page.mjs';
import { failing } from './programs.mjs';
import { launch, serve } from './tools.mjs';

const dir = process.argv[2];
if (!dir) {
  console.error('usage: node shots.mjs DIR');
  process.exit(2);
}
mkdirSync(dir, { recursive: true });

const VARIANTS = [
  { lang: 'en', dark: false, phone: false },
  { lang: 'zh', dark: true, phone: false },
  { lang: 'zh', dark: false, phone: true },
  { lang: 'en', dark: true, phone: true },
];
const LESSONS = 10;

const named = (what, { lang, dark, phone }) => `${what}-${lang}-${dark ? 'dark' : 'light'}-${phone ? 'phone' : 'desk'}`;
const shoot = (page, name) => page.tab.screenshot({ path: join(dir, `${name}.png`), fullPage: true });

/** The middle of the way back, where gradients flow. */
async function toBackward(page) {
  const length = await page.length();
  for (let n = Math.floor(length / 2); n <= length; n++) {
    await page.seek(n);
    if (await page.graph.locator('.edge.lit').count()) return;
  }
}

async function lessons(page, variant) {
  for (let number = 1; number <= LESSONS; number++) {
    const what = named(String(number).padStart(2, '0'), variant);
    await page.choose(number);
    await page.run();
    await shoot(page, `${what}-end`);
    await toBackward(page);
    await shoot(page, `${what}-back`);
  }
}

const [server, browser] = await Promise.all([serve(), launch()]);
try {
  for (const variant of VARIANTS) {
    const page = await open({ browser, base: server.base }, null, variant);
    await lessons(page, variant);
    for (const { code, source } of failing) {
      await page.writeAndRun(source);
      await shoot(page, named(code, variant));
    }
    await page.tab.context().close();
  }
} finally {
  await browser.close();
  await server.stop();
}
