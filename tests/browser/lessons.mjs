// lessons.mjs - what must hold of every lesson, whatever the language, the theme and the size of the window.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './page.mjs';
import { runText } from './tools.mjs';

export const LESSONS = 10;
const WHERE = / \(line \d+, column \d+\)$/; // in the text of an error; the page says it elsewhere

/** From the start to the end, one step after the other. On the way there only more is printed. */
async function stepThrough(page) {
  const length = await page.length();
  const button = page.button(page.w.forward);
  await button.focus();
  let said = await page.printedSoFar();
  for (let n = 1; n <= length; n++) {
    await page.tab.keyboard.press('Enter');
    await page.settled(n);
    const now = await page.printedSoFar();
    assert.ok(now.startsWith(said), `at step ${n} "${now}" does not go on from "${said}"`);
    said = now;
  }
  assert.ok(await button.isDisabled(), 'there is no step after the last');
}

/** The output region shows what the API answers for the same code. */
async function outputIsRight(page, base) {
  const code = await page.text();
  const { status, text } = await runText(base, code);
  assert.equal(await page.printed(), text.replace(WHERE, ''));
  assert.equal(await page.error.count(), status < 400 ? 0 : 1, 'an error has its card');
}

/** Goes to a step of a backward pass in the second half; to the middle where there is none. */
async function middle(page) {
  const length = await page.length();
  const half = Math.floor(length / 2);
  for (let n = half; n < length; n++) {
    await page.seek(n);
    if ((await page.graph.locator('.edge.lit').count()) > 0) return;
  }
  await page.seek(half);
}

/** The question is answered wrong, then right; each time the page says which it was, and why. */
async function predicts(page) {
  const lesson = page.region(page.w.lessonText);
  const choices = lesson.getByRole('radio');
  const said = lesson.locator('fieldset [role=status]');
  let right = 0;
  for (let i = 0; i < (await choices.count()); i++) {
    await choices.nth(i).check();
    const [head, why] = [await said.locator('strong').first().innerText(), await said.innerText()];
    assert.ok([page.w.right, page.w.notQuite].includes(head), head);
    assert.ok(why.length > head.length + 20, 'there is a reason');
    right += head === page.w.right ? 1 : 0;
  }
  assert.equal(right, 1, 'choices that are right');
}

async function lesson(page, base, number, everyStep) {
  await page.choose(number);
  await page.run();
  await outputIsRight(page, base);
  await page.seek(0);
  await page.accessible('at the start');
  if (everyStep) await stepThrough(page);
  else await page.slider.press('End');
  await outputIsRight(page, base);
  await page.accessible('at the end');
  await page.fits();
  const length = await page.length();
  for (let n = 1; n <= 3; n++) await page.back();
  assert.equal(await page.at(), length - 3);
  await middle(page);
  await predicts(page);
  await page.accessible('in the middle, with the question answered');
  await page.fits();
}

/** The tests of a file: all lessons in one language. Every step is taken in the light at a desk, and in the dark on a
 *  phone; elsewhere the slider goes to the end at once. */
export function lessonsIn(lang) {
  const s = stage();
  for (const dark of [false, true])
    for (const phone of [false, true])
      for (let number = 1; number <= LESSONS; number++)
        test(`lesson ${number}, ${lang}, ${dark ? 'dark' : 'light'}, ${phone ? 'phone' : 'desktop'}`, async (t) => {
          const page = await s.open(t, { lang, dark, phone });
          await lesson(page, s.base, number, dark === phone);
        });
}
