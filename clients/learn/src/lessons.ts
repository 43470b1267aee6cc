// lessons.ts - the lessons: which there are, which is open, and whether its code was changed.
import { computed, effect, signal } from '@preact/signals';
import { lessons } from '../lessons/index';
import { lang } from './i18n';
import type { Lesson } from './lesson';
import { at, code, ran, run, selected } from './state';

export { lessons };

export const chosen = signal<string | null>(null);
const come = signal<Record<string, Lesson>>({});
/** The one that is open, once it has come. */
export const lesson = computed(() => (chosen.value ? (come.value[chosen.value] ?? null) : null));

/** Opens a lesson: its text, and its code in the place of what was there. An id that is none: no lesson. */
export async function choose(id: string): Promise<void> {
  const next = lessons.find((l) => l.id === id);
  chosen.value = next ? id : null;
  if (!next) return;
  const loaded = come.peek()[id] ?? (await next.load());
  come.value = { ...come.peek(), [id]: loaded };
  if (chosen.peek() !== id) return;
  code.value = loaded[lang.value].code;
  ran.value = null;
  at.value = 0;
  selected.value = null;
  const hash = `#lesson=${id}`;
  if (location.hash !== hash) history.replaceState(null, '', location.pathname + location.search + hash);
}

// Code that was not touched speaks the language chosen.
let was = lang.peek();
effect(() => {
  const now = lang.value;
  const l = lesson.peek();
  if (l && now !== was && code.peek() === l[was].code) {
    const had = ran.peek();
    code.value = l[now].code;
    if (had) void run('keep');
  }
  was = now;
});
