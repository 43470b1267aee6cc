// page.mjs - the teaching page as a person sees it: open it, run, step, read. Everything is found by role and name.
//
//   const s = stage();                       // in a test file: a server and a browser for all of its tests
//   test('…', async (t) => {
//     const page = await s.open(t, { lang: 'zh', dark: true, phone: true });
//     await page.write('print(1)');
//     await page.run();
//   });
//
// A page that is opened is watched: errors on its console, breaches of its policy and requests to anywhere but its own
// server fail the test at its end. What a test provokes on purpose it allows with `expected`.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { axeSource, launch, serve } from './tools.mjs';
import { en, zh } from './words.mjs';

const DESKTOP = { width: 1400, height: 1000 };
const PHONE = { width: 390, height: 844 };

/** A server and a browser for the tests of a file. */
export function stage(options = []) {
  const s = { server: null, browser: null, base: '' };
  before(async () => {
    [s.server, s.browser] = await Promise.all([serve(options), launch()]);
    s.base = s.server.base;
  });
  after(async () => {
    await s.browser?.close();
    await s.server?.stop();
  });
  s.open = (t, how) => open(s, t, how);
  return s;
}

/** Opens the page in a context of its own, which closes when the test ends. */
export async function open(s, t, how = {}) {
  const { lang = 'en', dark = false, phone = false, still = true, path = '/#lesson=graph', prepare, expected, base = s.base } = how;
  const context = await s.browser.newContext({
    locale: lang === 'zh' ? 'zh-CN' : 'en-GB',
    colorScheme: dark ? 'dark' : 'light',
    viewport: phone ? PHONE : DESKTOP,
    hasTouch: phone,
    reducedMotion: still ? 'reduce' : 'no-preference',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  context.setDefaultTimeout(20_000);
  const page = new Learn(await context.newPage(), lang, base, expected);
  t?.after(async () => {
    await context.close();
    assert.deepEqual(page.trouble, [], 'what went wrong on the page');
  });
  await page.watch();
  await prepare?.(page);
  await page.tab.goto(base + path);
  await page.ready();
  return page;
}

// A script that fails is answered with 4xx, and the browser says so.
const FAILING = /^Failed to load resource: the server responded with a status of 4\d\d/;

export class Learn {
  constructor(tab, lang, base, expected) {
    Object.assign(this, { tab, base, expected, trouble: [], requests: [] });
    this.w = lang === 'zh' ? zh : en;
  }

  note(text) {
    if (!FAILING.test(text) && !this.expected?.test(text)) this.trouble.push(text);
  }

  async watch() {
    const { tab } = this;
    tab.on('console', (m) => m.type() === 'error' && this.note(m.text()));
    tab.on('pageerror', (e) => this.note(`uncaught: ${e.message}`));
    tab.on('request', (r) => {
      const url = r.url();
      if (!/^(data|blob):/.test(url)) this.requests.push(`${r.method()} ${url.slice(this.base.length)}`);
      if (!url.startsWith(`${this.base}/`) && !/^(data|blob):/.test(url)) this.note(`request to ${url}`);
    });
    await tab.exposeFunction('tellTest', (text) => this.note(text));
    await tab.addInitScript(() =>
      addEventListener('securitypolicyviolation', (e) => window.tellTest(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`)));
  }

  // ---- finding

  button = (name) => this.tab.getByRole('button', { name, exact: true });
  region = (name) => this.tab.getByRole('region', { name, exact: true });
  get code() { return this.tab.getByRole('textbox', { name: this.w.code, exact: true }); }
  get slider() { return this.tab.getByRole('slider', { name: this.w.trace, exact: true }); }
  get output() { return this.region(this.w.output); }
  get graph() { return this.region(this.w.graph); }
  get call() { return this.region(this.w.call); }
  get explanation() { return this.region(this.w.explanation); }
  get inspector() { return this.region(this.w.inspector); }
  get boxes() { return this.graph.locator('svg.graph [data-key]'); }
  get error() { return this.tab.getByRole('group', { name: this.w.wrong, exact: true }); }
  /** The box of the tensor that has this name now. */
  box = (name) => this.graph.locator('svg.graph [data-key]').filter({ has: this.tab.locator(`text.name:text-is("${name}")`) });
  dial = (name) => this.graph.getByRole('spinbutton', { name: `${this.w.valueOf} ${name}`, exact: true });

  // ---- doing

  /** The page has drawn itself, has run what it begins with, and has its editor unless that was kept away. */
  async ready() {
    await this.button(this.w.run).waitFor();
    await this.idle();
  }

  idle = () => this.tab.waitForFunction(() => document.querySelector('button.run')?.getAttribute('aria-busy') === 'false');

  /** The editor has taken the place of the plain field. */
  rich = () => this.tab.locator('.editor .rich:not([hidden])').waitFor();

  /** Does something that runs the code, and waits until that is shown. */
  async running(act) {
    const answered = this.tab.waitForResponse((r) => r.url().includes('/v1/run'));
    await act();
    await (await answered).finished();
    await this.idle();
  }

  run = () => this.running(() => this.button(this.w.run).click());

  async write(text) {
    await this.rich();
    await this.code.fill(text);
  }

  async writeAndRun(text) {
    await this.write(text);
    await this.run();
  }

  /** Chooses a lesson; its text and its code are there. */
  async choose(number) {
    await this.tab.getByRole('combobox', { name: this.w.lesson, exact: true }).selectOption({ index: number });
    await this.tab.waitForFunction((n) => document.querySelector('.lesson .over')?.textContent?.match(/\d+/)?.[0] === String(n), number);
  }

  forward = () => this.button(this.w.forward).click();
  back = () => this.button(this.w.back).click();

  /** Moves the slider to a frame, as a finger does. */
  async seek(n) {
    await this.slider.evaluate((el, to) => {
      el.value = String(to);
      el.dispatchEvent(new Event('input', { bubbles: true }));
    }, n);
    await this.settled(n);
  }

  /** The page has drawn itself n times more. */
  frames = (n) => this.tab.evaluate(async (times) => {
    for (let i = 0; i < times; i++) await new Promise(requestAnimationFrame);
  }, n);

  settled = (n) => this.tab.waitForFunction((want) => Number(document.querySelector('.controls input').value) === want, n);

  // ---- reading

  at = async () => Number(await this.slider.inputValue());
  length = async () => Number(await this.slider.getAttribute('max'));
  /** What the output region shows as printed. */
  printed = () => this.output.locator('pre').innerText();
  /** What was printed up to the frame shown; nothing, where the region says just that. */
  printedSoFar = () => this.output.locator('pre').evaluate((pre) => (pre.querySelector('.hint') ? '' : (pre.firstChild?.textContent ?? '')));
  /** The code as it stands in the editor. */
  text = () => this.tab.evaluate(() => {
    const plain = document.querySelector('.editor textarea');
    if (plain) return plain.value;
    return [...document.querySelector('.editor .rich').shadowRoot.querySelectorAll('.cm-line')].map((l) => l.textContent).join('\n');
  });
  /** The lines that the editor marks: { now, wrong }, from 1. */
  marks = () => this.tab.evaluate(() => {
    const lines = [...document.querySelector('.editor .rich').shadowRoot.querySelectorAll('.cm-line')];
    const at = (name) => lines.findIndex((l) => l.classList.contains(name)) + 1 || null;
    return { now: at('cm-now'), wrong: at('cm-wrong') };
  });

  /** Where every box stands in the picture, and what is said of it. */
  drawn = () => this.boxes.evaluateAll((all) => all.map((g) => {
    const m = g.transform.baseVal.consolidate().matrix;
    const f = g.querySelector('.frame');
    const text = (what) => g.querySelector(what)?.textContent ?? '';
    return {
      key: g.dataset.key, x: m.e, y: m.f, w: f.width.baseVal.value, h: f.height.baseVal.value, spoken: g.getAttribute('aria-label'),
      name: text('.name'), grad: text('.grad .value'), classes: g.getAttribute('class'),
    };
  }));

  /** The same of the whole picture: of a large one only what is in sight is drawn, so the pane is scrolled all over. */
  async drawnAll() {
    const pane = this.graph.getByRole('group', { name: this.w.pane, exact: true });
    const { w, h, ow, oh } = await pane.evaluate((p) => ({ w: p.clientWidth, h: p.clientHeight, ow: p.scrollWidth, oh: p.scrollHeight }));
    const found = new Map();
    for (let y = 0; y < oh; y += h)
      for (let x = 0; x < ow; x += w) {
        await pane.evaluate((p, to) => p.scrollTo(...to), [x, y]);
        await this.frames(2);
        for (const box of await this.drawn()) found.set(box.key, box);
      }
    return [...found.values()];
  }

  /** Violations that axe finds, one line each. */
  async violations() {
    if (!(await this.tab.evaluate(() => 'axe' in window))) await this.tab.evaluate(axeSource);
    return this.tab.evaluate(async () => {
      const found = await window.axe.run(document, { resultTypes: ['violations'] });
      return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')}: ${n.failureSummary?.split('\n')[1]?.trim()}`));
    });
  }

  async accessible(when) {
    assert.deepEqual(await this.violations(), [], `axe-core, ${when}`);
  }

  /** How many pixels the page is wider than its window. */
  overflow = () => this.tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

  async fits() {
    assert.ok((await this.overflow()) <= 0, `the page is ${await this.overflow()} px wider than its window`);
  }
}
