// differences-model.ts - which numbers and outputs of the code can be compared, what the trace says of the gradient,
// and the runs of the script that the differences are made of.
import { runCall, runScript } from '../api';
import { elements, only, shapeOf } from '../numbers';
import { replaceSpan, writtenAt, type Ran } from '../state';
import type { Note, RunAnswer, Span, TensorDocument, Trace } from '../wire';

/** A number of a leaf that requires grad, as it is written in the code. */
export interface Target {
  key: string;
  span: Span;
  index: number;
  label: string;
  x: number;
  dtype: string;
}

type Made = Extract<Note, { kind: 'tensor' }>;
const MOST = 200;
const keyOf = (s: Span): string => `${s.line}:${s.column}`;
const isFloat = (dtype: string): boolean => /^b?float/.test(dtype);

function made(trace: Trace | undefined): Made[] {
  return (trace?.notes ?? []).filter((n): n is Made => n.kind === 'tensor' && (n.numbers?.length ?? 0) > 0);
}

/** Ids of tensors that require grad, from the start or later. */
function requiring(trace: Trace): Set<number> {
  const ids = new Set<number>();
  for (const n of trace.notes ?? []) if ((n.kind === 'tensor' || n.kind === 'flags') && n.requires_grad) ids.add(n.id);
  return ids;
}

function indexText(index: number, shape: number[]): string {
  const at: number[] = [];
  for (let d = shape.length - 1, i = index; d >= 0; d--) {
    at.unshift(i % shape[d]!);
    i = Math.floor(i / shape[d]!);
  }
  return at.length ? `[${at.join(', ')}]` : '';
}

const countOf = (shape: number[]): number => shape.reduce((a, b) => a * b, 1);

export function targetsOf(ran: Ran, line: (n: number) => string): Target[] {
  const trace = ran.answer.trace;
  if (!trace) return [];
  const grads = requiring(trace);
  const found = new Map<string, Target>();
  for (const note of made(trace)) {
    const numbers = note.numbers!;
    if (!grads.has(note.id) || !isFloat(note.dtype) || numbers.length !== countOf(note.shape)) continue;
    const again = [...found.values()].some((t) => t.label.replace(/\[.*/, '') === note.name && t.span.line !== numbers[0]!.line);
    numbers.forEach((span, index) => {
      const x = Number(writtenAt(span).replace(/[_\s]/g, ''));
      if (!Number.isFinite(x) || found.size >= MOST) return;
      const label = `${note.name ?? line(span.line)}${indexText(index, note.shape)}${again ? ` (${line(span.line)})` : ''}`;
      found.set(keyOf(span), { key: keyOf(span), span, index, label, x, dtype: note.dtype });
    });
  }
  return [...found.values()];
}

const isTensor = (v: unknown): v is TensorDocument => typeof v === 'object' && v !== null && 'dtype' in v && 'data' in v;

function documentOf(answer: RunAnswer, name: string): TensorDocument | null {
  const v = answer.values?.[name];
  return isTensor(v) ? v : null;
}

export const dtypeOf = (ran: Ran, name: string): string => documentOf(ran.answer, name)?.dtype ?? '';

/** The one number that a name stands for, exactly; null if there is none, or none that is finite. */
export function valueOf(answer: RunAnswer, name: string): number | null {
  const doc = documentOf(answer, name);
  const v = doc ? only(doc.data) : null;
  if (typeof v !== 'number') return null;
  return doc!.dtype === 'float32' ? Math.fround(v) : v; // texts of float32 are short: take the number that they mean
}

/** Names of one float: first those that backward was called on, the last first. */
export function outputsOf(ran: Ran): string[] {
  const roots = (ran.answer.trace?.passes ?? []).flatMap((p) => (p.roots.length === 1 ? [p.roots[0]!.name] : [])).reverse();
  const names = Object.entries(ran.answer.values ?? {})
    .filter(([, v]) => isTensor(v) && isFloat(v.dtype) && countOf(shapeOf(v.data)) === 1 && only(v.data) !== null)
    .map(([name, v]) => ({ name, computed: !(v as TensorDocument).is_leaf }));
  const first = roots.filter((r): r is string => r !== null && names.some((n) => n.name === r));
  return [...new Set([...first, ...names.filter((n) => n.computed).map((n) => n.name).reverse()])];
}

export interface Analytic {
  /** null: the trace has too many elements to show each. */
  gradient: number | null;
  /** What backward began with: the differences are multiplied by it. */
  seed: number;
  /** Changed between the code's number and the pass, or between the pass and the end. */
  changed: 'leaf' | 'output' | null;
  /** The code calls no backward: its gradient is that of the code with one more line. */
  appended: boolean;
}

/** What the last pass from that output has brought to that number. */
function gradientIn(answer: RunAnswer, target: Target, output: string): Omit<Analytic, 'appended'> | null {
  const trace = answer.trace;
  if (!trace) return null;
  const ids = new Set(made(trace).filter((n) => keyOf(n.numbers![target.index] ?? n.numbers![0]!) === target.key).map((n) => n.id));
  for (const pass of [...trace.passes].reverse()) {
    const root = pass.roots[0];
    if (pass.roots.length !== 1 || root?.name !== output) continue;
    for (const step of trace.steps.slice(pass.first, pass.last + 1)) {
      if ((step.kind !== 'accumulate' && step.kind !== 'capture') || !ids.has(step.tensor ?? -1)) continue;
      const g = elements(step.incoming)[target.index];
      const seed = only(root.seed);
      return {
        gradient: g === undefined ? null : Number(g),
        seed: typeof seed === 'number' ? seed : 1,
        changed: changedIn(trace, step.tensor!, root.id, pass.first, valueOf(answer, output)),
      };
    }
  }
  return null;
}

function changedIn(trace: Trace, leaf: number, root: number, first: number, end: number | null): Analytic['changed'] {
  let value: number | null = null;
  for (const step of trace.steps.slice(0, first)) {
    if (step.kind !== 'op') continue;
    for (const r of step.results) {
      if (r.id === leaf && step.inplace) return 'leaf';
      const v = only(r.value);
      if (r.id === root && typeof v === 'number') value = r.dtype === 'float32' ? Math.fround(v) : v;
    }
  }
  if ((trace.notes ?? []).some((n) => n.kind === 'data' && n.id === leaf && n.at <= first)) return 'leaf';
  return value !== null && end !== null && value !== end ? 'output' : null;
}

/** From the trace; where the code calls no backward from there, from the server with that line added. */
export async function analyticOf(ran: Ran, target: Target, output: string, signal: AbortSignal): Promise<Analytic | null> {
  const had = gradientIn(ran.answer, target, output);
  if (had) return { ...had, appended: false };
  if ((ran.answer.trace?.passes ?? []).some((p) => p.roots.some((r) => r.name === output))) return null;
  const found = gradientIn(await runScript(`${ran.code}\n${output}.backward()\n`, true, signal), target, output);
  return found && { ...found, appended: true };
}

/** f at x + h and x − h: a number, or why there is none. */
export type Sample = number | { why: string };
export interface Pair {
  plus?: Sample;
  minus?: Sample;
}

export interface Job {
  h: number;
  side: 'plus' | 'minus';
}

const ABREAST = 4;

/** A float as Python reads one: integers would make another dtype. */
const float = (x: number): string => (Number.isInteger(x) && Math.abs(x) < 1e21 ? `${x}.0` : String(x));

const codeAt = (ran: Ran, target: Target, job: Job): string =>
  replaceSpan(ran.code, target.span, float(target.x + (job.side === 'plus' ? job.h : -job.h)));

async function sample(ran: Ran, target: Target, output: string, job: Job, signal: AbortSignal): Promise<Sample> {
  const answer = await runScript(codeAt(ran, target, job), false, signal);
  const v = valueOf(answer, output);
  if (v !== null) return v;
  return { why: answer.error?.message ?? answer.detail ?? answer.title ?? String(only(documentOf(answer, output)?.data) ?? '') };
}

/** Runs the jobs, a few at a time. Gives the call that was made last. */
export async function measure(
  ran: Ran, target: Target, output: string, jobs: Job[], signal: AbortSignal, got: (job: Job, s: Sample) => void,
): Promise<ReturnType<typeof runCall> | null> {
  const left = [...jobs];
  let last: Job | null = null;
  const work = async (): Promise<void> => {
    for (let job = left.shift(); job; job = left.shift()) {
      const s = await sample(ran, target, output, job, signal);
      if (signal.aborted) return;
      last = job;
      got(job, s);
    }
  };
  await Promise.all(Array.from({ length: ABREAST }, work));
  return last ? runCall(codeAt(ran, target, last), false) : null;
}
