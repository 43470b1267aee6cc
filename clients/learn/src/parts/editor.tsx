// editor.tsx - the code. A plain text field works at once; the editor takes its place when it has come.
import { effect, signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { lang, words } from '../i18n';
import { at, code, ran, replay, run, stale, world } from '../state';

/** Lines to be marked: the one that runs, and the one that failed. */
export function marks(): { now: number | null; wrong: number | null } {
  if (stale.value || ran.value?.live) return { now: null, wrong: null };
  const ended = at.value >= (replay.value?.length ?? 0);
  return { now: at.value > 0 ? (world.value?.line ?? null) : null, wrong: ended ? (ran.value?.error?.line ?? null) : null };
}

export interface Editor {
  set(text: string): void;
  mark(now: number | null, wrong: number | null): void;
  label(text: string): void;
  focus(from: number, to: number): void;
  destroy(): void;
}

const plain = signal(true);

export function EditorPart(): VNode {
  const field = useRef<HTMLTextAreaElement>(null);
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let editor: Editor | null = null;
    let gone = false;
    const stops: (() => void)[] = [];
    import('../codemirror').then(
      ({ edit }) => {
        if (gone || !host.current) return;
        const had = document.activeElement === field.current ? field.current : null;
        const made = edit(host.current, code.peek(), (text) => (code.value = text), () => void run());
        editor = made;
        stops.push(effect(() => made.set(code.value)));
        stops.push(effect(() => {
          const m = marks();
          made.mark(m.now, m.wrong);
        }));
        stops.push(effect(() => {
          lang.value;
          made.label(words.value.code);
        }));
        host.current.hidden = false; // what is hidden takes no focus
        if (had) made.focus(had.selectionStart, had.selectionEnd);
        plain.value = false;
      },
      () => undefined, // without it the text field stays
    );
    return () => {
      gone = true;
      stops.forEach((stop) => stop());
      editor?.destroy();
    };
  }, []);
  const w = words.value;
  const rows = Math.min(22, Math.max(8, code.value.split('\n').length + 1));
  const onKeyDown = (e: KeyboardEvent): void => {
    if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
      e.preventDefault();
      void run();
    }
  };
  return (
    <div class="editor">
      <div ref={host} class="rich" hidden={plain.value} />
      {plain.value && (
        <textarea
          ref={field}
          aria-label={w.code}
          rows={rows}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          value={code.value}
          onInput={(e) => (code.value = e.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
      )}
    </div>
  );
}
