// scrub.mjs - how long the page takes for a frame while the slider is moved: prints, asserts nothing.
//
//   node tests/browser/scrub.mjs [TENSORS...]      default 20 150 500
import { open } from './page.mjs';
import { chain } from './programs.mjs';
import { launch, serve } from './tools.mjs';

const MOST = 400; // positions of the slider that are gone through, spread over the film

/** Moves the slider through the film, one position a frame; the times between frames, in ms. */
const scrub = (page) => page.tab.evaluate(async (most) => {
  const slider = document.querySelector('.controls input');
  const length = Number(slider.max);
  const positions = Array.from({ length: Math.min(most, length) + 1 }, (_, i) => Math.round((length * i) / Math.min(most, length)));
  const frame = () => new Promise(requestAnimationFrame);
  const times = [];
  let last = await frame();
  for (const n of [...positions, ...positions.reverse()]) {
    slider.value = String(n);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    const now = await frame();
    times.push(now - last);
    last = now;
  }
  return times;
}, MOST);

const at = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))].toFixed(1);

async function measure(page, tensors) {
  await page.write(chain(tensors));
  const from = performance.now();
  await page.run();
  const took = performance.now() - from;
  await scrub(page); // places are found once
  const times = (await scrub(page)).sort((a, b) => a - b);
  await page.slider.press('End');
  const boxes = await page.boxes.count();
  console.log(`${String(tensors).padStart(5)} tensors, ${await page.length()} steps, ${boxes} boxes drawn at the end: run ${took.toFixed(0)} ms, ` +
    `frames ${times.length}, median ${at(times, 0.5)} ms, p95 ${at(times, 0.95)} ms, longest ${at(times, 1)} ms`);
}

const [server, browser] = await Promise.all([serve(), launch()]);
try {
  const sizes = process.argv.slice(2).map(Number);
  for (const how of [{}, { phone: true }]) {
    const page = await open({ browser, base: server.base }, null, how);
    console.log(how.phone ? 'on a phone' : 'at a desk');
    for (const tensors of sizes.length ? sizes : [20, 150, 500]) await measure(page, tensors);
    await page.tab.context().close();
  }
} finally {
  await browser.close();
  await server.stop();
}
