// lessons.ts - the lessons: which there are, which is open, and whether its code was changed.
import { computed, effect, signal } from '@preact/signals';
import { lessons } from '../lessons/index';
import { Away, later } from './api';
import { lang } from './i18n';
import type { Lesson } from './lesson';
import { busy, code, put, ran, run } from './state';

export { lessons };

export const chosen = signal<string | null>(null);
const come = signal<Record<string, Lesson>>({});
/** The one that is open, once it has come. */
export const lesson = computed(() => (chosen.value ? (come.value[chosen.value] ?? null) : null));

/**
 * Opens a lesson: its text, and its code in the place of what was there. An id that is none: no lesson.
 * What is typed while the lesson is on its way stays, and the lesson's code does not come; true if it came. `aside`:
 * what the graph shows stays too.
 */
export async function choose(id: string, aside = false): Promise<boolean> {
  const next = lessons.find((l) => l.id === id);
  const before = chosen.peek();
  chosen.value = next ? id : null;
  if (!next) {
    if (!id) history.replaceState(null, '', location.pathname + location.search); // none is what was asked for
    return false;
  }
  const had = code.peek();
  try {
    const loaded = come.peek()[id] ?? (await later(next.load));
    come.value = { ...come.peek(), [id]: loaded };
  } catch (e) {
    if (!(e instanceof Away)) throw e;
    if (chosen.peek() === id) chosen.value = before;
    return false;
  }
  if (chosen.peek() !== id) return false;
  const hash = `#lesson=${id}`;
  if (location.hash !== hash) history.replaceState(null, '', location.pathname + location.search + hash);
  if (code.peek() !== had) return false;
  const text = come.peek()[id]![lang.value].code;
  if (aside) code.value = text;
  else put(text);
  return true;
}

// Code that was not touched speaks the language chosen.
let was = lang.peek();
effect(() => {
  const now = lang.value;
  const l = lesson.peek();
  if (l && now !== was && code.peek() === l[was].code) {
    const had = ran.peek();
    code.value = l[now].code;
    if (busy.peek() || (had && !had.live)) void run('keep');
  }
  was = now;
});
