// differences.tsx - a gradient compared with finite differences: the same code run again with a number moved by h.
import { computed, signal, useSignalEffect } from '@preact/signals';
import type { VNode } from 'preact';
import { Away, away, lastCall } from '../api';
import { words } from '../i18n';
import { short } from '../numbers';
import { ran, stale, type Ran } from '../state';
import { adopt } from './adopt';
import css from './differences.css' with { type: 'text' };
import { analyticOf, dtypeOf, measure, outputsOf, targetsOf, valueOf, type Analytic, type Job, type Pair, type Sample, type Target } from './differences-model';
import { ErrorPlot, hText, KINDS, type Point } from './differences-plot';
import { says } from './differences-words';

adopt(css);

const DECADES = Array.from({ length: 11 }, (_, i) => Number(`1e-${i}`));
/** The slider: 1, 2, 5 of each decade, the smallest first. */
const STEPS = Array.from({ length: 22 }, (_, i) => Number(`${[1, 2, 5][i % 3]}e${Math.floor(i / 3) - 8}`));
const SOON_MS = 250;
const EPS: Record<string, number> = { float16: 2 ** -11, bfloat16: 2 ** -8, float32: 2 ** -24, float64: 2 ** -53 };

const picked = signal<{ key: string; output: string }>({ key: '', output: '' });
const stepAt = signal(STEPS.indexOf(1e-2));
const h = computed(() => STEPS[stepAt.value]!);
const pairs = signal<ReadonlyMap<number, Pair>>(new Map());
const analytic = signal<Analytic | null | undefined>(undefined);

interface Subject {
  ran: Ran;
  target: Target;
  output: string;
}
const fit = computed(() => (ran.value && !stale.value && !ran.value.error ? ran.value : null));
const targets = computed(() => (fit.value ? targetsOf(fit.value, words.value.lineN) : []));
const outputs = computed(() => (fit.value ? outputsOf(fit.value) : []));
const subject = computed<Subject | null>(() => {
  const target = targets.value.find((t) => t.key === picked.value.key) ?? targets.value[0];
  const output = outputs.value.includes(picked.value.output) ? picked.value.output : outputs.value[0];
  return fit.value && target && output ? { ran: fit.value, target, output } : null;
});

const hs = (): number[] => [...new Set([...DECADES, h.value])].sort((a, b) => a - b);

/** What the numbers at hand belong to. */
let held = '';
let heldRan: Ran | null = null;

function forgetUnless(s: Subject): void {
  const key = `${s.target.key} ${s.output}`;
  if (heldRan === s.ran && held === key) return;
  heldRan = s.ran;
  held = key;
  pairs.value = new Map();
  analytic.value = undefined;
}

async function compare(s: Subject, stop: AbortSignal): Promise<void> {
  if (analytic.peek() === undefined) {
    const found = await analyticOf(s.ran, s.target, s.output, stop);
    if (stop.aborted) return;
    analytic.value = found;
  }
  const jobs: Job[] = hs().reverse().flatMap((at) =>
    (['plus', 'minus'] as const).filter((side) => pairs.peek().get(at)?.[side] === undefined).map((side) => ({ h: at, side })));
  const call = await measure(s.ran, s.target, s.output, jobs, stop, (job, sample) => {
    pairs.value = new Map(pairs.peek()).set(job.h, { ...pairs.peek().get(job.h), [job.side]: sample });
  });
  if (call) lastCall.value = call;
}

function useComparison(): void {
  useSignalEffect(() => {
    const s = subject.value;
    h.value;
    if (!s || away.value) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      forgetUnless(s);
      compare(s, stop.signal).catch((e: unknown) => {
        if (!stop.signal.aborted && !(e instanceof Away)) throw e;
      });
    }, heldRan === null ? 0 : SOON_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  });
}

const numberOf = (s: Sample | undefined): number | null => (typeof s === 'number' ? s : null);

function pointsOf(s: Subject, seed: number): Point[] {
  const f0 = valueOf(s.ran.answer, s.output);
  return hs().map((at) => {
    const pair = pairs.value.get(at);
    const plus = numberOf(pair?.plus);
    const minus = numberOf(pair?.minus);
    return {
      h: at,
      f: { plus, minus },
      central: plus === null || minus === null ? null : (seed * (plus - minus)) / (2 * at),
      forward: plus === null || f0 === null ? null : (seed * (plus - f0)) / at,
    };
  });
}

const long = (v: number | null): string => (v === null ? '…' : String(Number(v.toPrecision(8))).replace('-', '−'));
/** A number after a minus sign. */
const less = (v: number | null): string => (v !== null && v < 0 ? `(${long(v)})` : long(v));
const errorText = (v: number | null, gradient: number | null): string => (v === null || gradient === null ? '…' : short(Math.abs(v - gradient)));

function Choice({ s }: { s: Subject }): VNode {
  const t = says.value;
  return (
    <div class="choice">
      <label>{t.number}
        <select value={s.target.key} onChange={(e) => (picked.value = { ...picked.value, key: e.currentTarget.value })}>
          {targets.value.map((o) => <option key={o.key} value={o.key}>{o.label} = {long(o.x)}</option>)}
        </select>
      </label>
      <label>{t.output}
        <select value={s.output} onChange={(e) => (picked.value = { ...picked.value, output: e.currentTarget.value })}>
          {outputs.value.map((o) => <option key={o} value={o}>{o}</option>)}
        </select>
      </label>
      <label class="wide">{t.step}
        <input type="range" min={0} max={STEPS.length - 1} value={stepAt.value} aria-label={t.step} aria-valuetext={t.stepIs(hText(h.value))} onInput={(e) => (stepAt.value = Number(e.currentTarget.value))} />
        <output>{hText(h.value)}</output>
      </label>
    </div>
  );
}

function Comparison({ s, points, gradient }: { s: Subject; points: Point[]; gradient: number | null }): VNode {
  const t = says.value;
  const now = points.find((p) => p.h === h.value);
  const f0 = valueOf(s.ran.answer, s.output);
  return (
    <table class="compared">
      <thead><tr><th scope="col">{t.kind}</th><th scope="col">{t.estimate}</th><th scope="col">{t.error}</th></tr></thead>
      <tbody>
        <tr>
          <th scope="row">{t.central} <span class="rule">(f(x+h) − f(x−h)) / 2h</span><span class="put">({long(now?.f.plus ?? null)} − {less(now?.f.minus ?? null)}) / {long(2 * h.value)}</span></th>
          <td>{long(now?.central ?? null)}</td><td>{errorText(now?.central ?? null, gradient)}</td>
        </tr>
        <tr>
          <th scope="row">{t.forward} <span class="rule">(f(x+h) − f(x)) / h</span><span class="put">({long(now?.f.plus ?? null)} − {less(f0)}) / {long(h.value)}</span></th>
          <td>{long(now?.forward ?? null)}</td><td>{errorText(now?.forward ?? null, gradient)}</td>
        </tr>
        <tr class="true"><th scope="row">{t.gradientOf(s.output, s.target.label)}</th><td>{analytic.value === null ? 'None' : long(gradient)}</td><td /></tr>
      </tbody>
    </table>
  );
}

function Remarks({ s, points, gradient, rounding }: { s: Subject; points: Point[]; gradient: number | null; rounding: number }): VNode {
  const t = says.value;
  const a = analytic.value;
  const samples = [...pairs.value.values()].flatMap((p) => [p.plus, p.minus]);
  const all = hs().length * 2;
  const done = hs().reduce((n, at) => n + (pairs.value.get(at)?.plus !== undefined ? 1 : 0) + (pairs.value.get(at)?.minus !== undefined ? 1 : 0), 0);
  const missing = samples.filter((v): v is { why: string } => typeof v === 'object');
  const centrals = points.flatMap((p) => (p.central === null ? [] : [{ h: p.h, v: p.central }]));
  const near = gradient === null ? null : centrals.reduce<{ h: number; e: number } | null>((b, c) => (b && b.e <= Math.abs(c.v - gradient) ? b : { h: c.h, e: Math.abs(c.v - gradient) }), null);
  const apart = done === all && near !== null && gradient !== null && near.e > 0.02 * Math.abs(gradient) + 10 * rounding;
  const dtype = dtypeOf(s.ran, s.output);
  return (
    <>
      <p class="hint">{!away.value && done < all && t.working(done, all)}<span role="status">{away.value ? t.away : done === all && t.done(done)}{done === all && near && !apart && !a?.changed && <> · {t.best(hText(near.h), near.e === 0 ? '0' : short(near.e))}</>}</span></p>
      {a === null && <p class="warn">{t.none(s.output, s.target.label)} {centrals.some((c) => c.v !== 0) && t.noneButMoves}</p>}
      {a && a.gradient === null && <p class="warn">{t.many}</p>}
      {a?.appended && <p class="hint">{t.appended(s.output)}</p>}
      {a && a.seed !== 1 && <p class="hint">{t.seeded(short(a.seed))}</p>}
      {a?.changed === 'leaf' && <p class="warn">{t.changedLeaf(s.target.label)}</p>}
      {a?.changed === 'output' && <p class="warn">{t.changedOutput(s.output)}</p>}
      {apart && !a?.changed && <p class="warn">{t.apart}</p>}
      {missing.length > 0 && <p class="warn">{t.missing(missing.length, missing[0]!.why)}</p>}
      {gradient !== null && !apart && !a?.changed && <p>{t.explain(dtype, short(EPS[dtype] ?? 0))}</p>}
    </>
  );
}

function Numbers({ points, gradient }: { points: Point[]; gradient: number }): VNode {
  const t = says.value;
  return (
    <details>
      <summary>{t.table}</summary>
      <div class="numbers" tabIndex={0} role="group" aria-label={t.table}>
        <table>
          <thead><tr><th scope="col">h</th>{KINDS.map((k) => [<th scope="col">{t[k]}</th>, <th scope="col">{t.error}</th>])}</tr></thead>
          <tbody>{[...points].reverse().map((p) => (
            <tr><th scope="row">{hText(p.h)}</th>{KINDS.map((k) => [<td>{long(p[k])}</td>, <td>{errorText(p[k], gradient)}</td>])}</tr>
          ))}</tbody>
        </table>
      </div>
    </details>
  );
}

function whyNot(): string | null {
  const t = says.value;
  if (!ran.value) return t.runFirst;
  if (stale.value) return t.stale;
  if (ran.value.error) return t.failed;
  if (!targets.value.length) return t.noNumbers;
  return outputs.value.length ? null : t.noOutputs;
}

export function Differences(): VNode {
  useComparison();
  const t = says.value;
  const s = subject.value;
  const gradient = analytic.value?.gradient ?? null;
  const points = s ? pointsOf(s, analytic.value?.seed ?? 1) : [];
  const measured = points.some((p) => p.central !== null || p.forward !== null);
  const size = s ? Math.abs(valueOf(s.ran.answer, s.output) ?? 0) * Math.abs(analytic.value?.seed ?? 1) * (EPS[dtypeOf(s.ran, s.output)] ?? 0) : 0;
  return (
    <div class="differences">
      <p>{t.intro}</p>
      {!s ? <p class="hint" role="status">{whyNot()}</p> : (
        <>
          <Choice s={s} />
          <Comparison s={s} points={points} gradient={gradient} />
          {gradient !== null && Number.isFinite(gradient) && measured && <ErrorPlot points={points} gradient={gradient} chosen={h.value} size={size} label={t.plot} />}
          <Remarks s={s} points={points} gradient={gradient} rounding={size} />
          {gradient !== null && measured && <Numbers points={points} gradient={gradient} />}
        </>
      )}
    </div>
  );
}
