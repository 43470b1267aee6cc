// controls.tsx - Run, the slider over the replay, one step on and back, and letting it play.
import { effect } from '@preact/signals';
import type { VNode } from 'preact';
import { words } from '../i18n';
import { at, busy, playing, ran, replay, run, seek, stale, starting, step } from '../state';
import { caption } from './explain';

const PLAY_MS = 900;

effect(() => {
  if (!playing.value) return;
  const timer = setInterval(() => {
    if (at.peek() >= (replay.peek()?.length ?? 0)) playing.value = false;
    else seek(at.peek() + 1);
  }, PLAY_MS);
  return () => clearInterval(timer);
});

async function play(): Promise<void> {
  if (playing.value) {
    playing.value = false;
    return;
  }
  if (!replay.value || stale.value) {
    if (!(await run('start'))) return;
  } else if (at.value >= replay.value.length) seek(0);
  playing.value = true;
}

export function Controls(): VNode {
  const w = words.value;
  const length = replay.value?.length ?? 0;
  // Not `disabled`: who comes to an end with the keyboard would lose the focus there.
  const first = !length || at.value === 0;
  const last = length > 0 && !stale.value && at.value === length;
  return (
    <div class="controls" role="group" aria-label={w.controls}>
      <button type="button" class="run" aria-busy={busy.value || starting.value} onClick={() => { playing.value = false; void run(); }}>{w.run}</button>
      <button type="button" class="icon" aria-label={w.back} title={w.back} aria-disabled={first} onClick={() => { playing.value = false; if (!first) void step(-1); }}>
        <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M11 2.5 4.5 8l6.5 5.5z" /></svg>
      </button>
      <button type="button" class="icon" aria-label={w.forward} title={w.forward} aria-disabled={last} onClick={() => { playing.value = false; if (!last) void step(1); }}>
        <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M5 2.5 11.5 8 5 13.5z" /></svg>
      </button>
      <button type="button" class="icon" aria-label={playing.value ? w.pause : w.play} title={playing.value ? w.pause : w.play} onClick={() => void play()}>
        <svg viewBox="0 0 16 16" aria-hidden="true">{playing.value ? <path d="M4 3h3v10H4zM9 3h3v10H9z" /> : <path d="M2 3l5.5 5L2 13zM8 3l5.5 5L8 13z" />}</svg>
      </button>
      <input
        type="range"
        aria-label={w.trace}
        aria-valuetext={caption()}
        min={0}
        max={length}
        value={at.value}
        disabled={!length}
        onInput={(e) => { playing.value = false; seek(Number(e.currentTarget.value)); }}
      />
      <span class="count">{w.stepOf(at.value, length)}{ran.value && stale.value && <em> · {w.stale}</em>}</span>
    </div>
  );
}
