// lessons.ts - the lessons: which there are, which is open, and whether its code was changed.
import { computed, effect, signal } from '@preact/signals';
import { lang } from './i18n';
import type { Lesson } from './lesson';
import { at, code, ran, run, selected } from './state';

/** Empty until they have come. */
export const lessons = signal<readonly Lesson[]>([]);
export const chosen = signal<string | null>(null);
export const lesson = computed(() => lessons.value.find((l) => l.id === chosen.value) ?? null);

export function choose(id: string): void {
  const next = lessons.value.find((l) => l.id === id);
  chosen.value = next ? id : null;
  if (!next) return;
  code.value = next[lang.value].code;
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

export async function loadLessons(): Promise<void> {
  lessons.value = (await import('../lessons/index')).lessons;
}
