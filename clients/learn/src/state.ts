// state.ts - what the page knows, and what can be done with it. Parts read signals and call these functions.
import { batch, computed, signal } from '@preact/signals';
import { Away, lastCall, runCall, runScript } from './api';
import { Replay } from './replay';
import type { RunAnswer, ScriptError, Span, Trace } from './wire';
import type { Scope } from './visible';
import { label } from './world';

export interface Ran {
  code: string;
  answer: RunAnswer;
  error: ScriptError | null;
  replay: Replay;
  ms: number;
  /** What a session that is followed does: it did not come from the code, but from what each request sent. */
  live?: boolean;
  sent?: ReadonlyMap<string, string>;
}

export const code = signal('');
export const ran = signal<Ran | null>(null);
export const replay = computed(() => ran.value?.replay ?? null);
/** How many frames of the replay have passed. */
export const at = signal(0);
export const world = computed(() => replay.value?.at(at.value) ?? null);
export const frame = computed(() => replay.value?.frames[at.value - 1] ?? null);
/** The line of code that the frame belongs to, as it is written; null where that is not known. */
export const source = computed(() => {
  const r = ran.value;
  const f = frame.value;
  const text = r?.live ? f?.request && r.sent?.get(f.request) : r?.code;
  return (f?.line && text ? text.split('\n')[f.line - 1]?.trim() : null) ?? null;
});
/** The code is running. */
export const busy = signal(false);
/** The visit begins: what the address names is on its way. */
export const starting = signal(true);
/** A number in the code is being changed, and the code run with it. */
const rewriting = signal(false);
/** The code was changed since it ran. */
export const stale = computed(() => ran.value !== null && !ran.value.live && !rewriting.value && ran.value.code !== code.value);
export const selected = signal<string | null>(null);
export const scope = signal<Scope>('auto');
export const playing = signal(false);
/** Said to screen readers when something has happened. */
export const said = signal('');

const EMPTY = { steps: [], notes: [], passes: [], truncated: false, left_out: 0 };

function errorOf(answer: RunAnswer): ScriptError | null {
  if (answer.error) return answer.error;
  if (!answer.code || !answer.status || answer.status < 400) return null;
  return {
    class: answer.code === 'bad_script' ? 'SyntaxError' : 'Error',
    message: answer.detail ?? answer.title ?? '',
    code: answer.code,
    status: answer.status,
    line: answer.line ?? 0,
    column: answer.column ?? 0,
  };
}

export function seek(n: number): void {
  const length = replay.value?.length ?? 0;
  at.value = Math.max(0, Math.min(length, Math.round(n)));
}

export type Where = 'start' | 'end' | 'keep';
let running: AbortController | null = null;

/** A run that is under way is not waited for any more: what it would bring belongs to something that is gone. */
function giveUp(): void {
  running?.abort();
  running = null;
  busy.value = false;
}

/** Other code in the place of what there was, and nothing that belonged to that. */
export function put(text: string): void {
  batch(() => {
    giveUp();
    code.value = text;
    ran.value = null;
    at.value = 0;
    selected.value = null;
    playing.value = false;
  });
}

/** What was chosen stays so if it is still the same tensor: ids begin anew in every run. */
function keepChosen(now: Replay): void {
  const key = selected.value ?? '';
  const [was, is] = [replay.value, now].map((r) => r?.end.boxes.get(key));
  if (!was || !is || label(was) !== label(is)) selected.value = null;
}

/**
 * Runs the code. The replay stands at its end then, at its start, or where it stood before. True if that is what is
 * shown now; false if the server is away, or something else has come in between.
 */
export async function run(where: Where = 'end'): Promise<boolean> {
  const mine = new AbortController();
  const text = code.value;
  batch(() => {
    giveUp();
    running = mine;
    busy.value = true;
  });
  const from = performance.now();
  try {
    const answer = await runScript(text, true, mine.signal);
    if (mine.signal.aborted) return false;
    const error = errorOf(answer);
    const made = new Replay(answer.trace ?? EMPTY, error);
    const stood = at.value;
    const atEnd = stood === (replay.value?.length ?? 0);
    batch(() => {
      keepChosen(made);
      ran.value = { code: text, answer, error, replay: made, ms: performance.now() - from };
      lastCall.value = runCall(text, true);
      if (where === 'start') seek(0);
      else seek(where === 'keep' && !atEnd ? stood : made.length);
    });
    return true;
  } catch (e) {
    if (!mine.signal.aborted && !(e instanceof Away)) throw e;
    return false;
  } finally {
    if (running === mine) giveUp();
  }
}

/** Shows what a session has done so far. The replay follows its end, unless it was taken back. */
export function showLive(trace: Trace, error: ScriptError | null, sent: ReadonlyMap<string, string>): void {
  const made = new Replay(trace, error);
  const stays = ran.value?.live && at.value < (replay.value?.length ?? 0);
  batch(() => {
    giveUp();
    keepChosen(made);
    ran.value = { code: '', answer: { trace }, error, replay: made, ms: 0, live: true, sent };
    seek(stays ? at.value : made.length);
  });
}

/** One frame on or back; runs the code first if there is no replay of it. */
export async function step(by: 1 | -1): Promise<void> {
  if ((!replay.value || stale.value) && by > 0) {
    if (await run('start')) seek(1);
    return;
  }
  seek(at.value + by);
}

export function replaceSpan(text: string, span: Span, by: string): string {
  const lines = text.split('\n');
  const at = (line: number, column: number): number =>
    lines.slice(0, line - 1).reduce((n, l) => n + l.length + 1, 0) + [...(lines[line - 1] ?? '')].slice(0, column - 1).join('').length;
  return text.slice(0, at(span.line, span.column)) + by + text.slice(at(span.end_line, span.end_column));
}

/** The number of a leaf as it is written in the code that ran. */
export function writtenAt(span: Span): string {
  const text = ran.value?.code ?? '';
  const line = [...(text.split('\n')[span.line - 1] ?? '')];
  return line.slice(span.column - 1, span.end_column - 1).join('');
}

interface Change {
  span: Span;
  text: string;
}
let waiting: Change | null = null;

/** Where the number that begins there stands now: what was written before it may have been longer. */
function current(span: Span): Span | undefined {
  for (const note of ran.value?.answer.trace?.notes ?? []) {
    const found = note.kind === 'tensor' ? note.numbers?.find((n) => n.line === span.line && n.column === span.column) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** Writes another number into the code and runs it again. While one run is under way only the last change counts. */
export async function rewrite(span: Span, text: string): Promise<void> {
  if (stale.value) return;
  waiting = { span, text };
  if (rewriting.value) return;
  rewriting.value = true;
  try {
    for (let next = take(); next; next = take()) {
      const before = ran.value;
      const where = before && current(next.span);
      if (!where || before.code !== code.value) return; // what somebody has typed meanwhile stays
      code.value = replaceSpan(before.code, where, next.text);
      if (!(await run('keep'))) return;
    }
  } finally {
    rewriting.value = false;
    waiting = null;
  }
}

function take(): Change | null {
  const next = waiting;
  waiting = null;
  return next;
}
