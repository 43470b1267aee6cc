// differences-plot.tsx - the error of a difference against its step, both logarithmic.
import type { VNode } from 'preact';
import { short } from '../numbers';
import { says } from './differences-words';

export interface Point {
  h: number;
  f: { plus: number | null; minus: number | null };
  central: number | null;
  forward: number | null;
}
export const KINDS = ['central', 'forward'] as const;
export type Kind = (typeof KINDS)[number];

const W = 400;
const H = 280;
const LEFT = 46;
const RIGHT = W - 12;
const TOP = 26;
const BOTTOM = H - 38;
const X0 = -10.4;
const X1 = 0.4;

const raised = (n: number): string => [...String(n)].map((c) => (c === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(c)])).join('');
export const hText = (h: number): string => (h >= 0.01 ? String(h) : h.toExponential(0).replace('-', '−'));

const x = (h: number): number => LEFT + ((Math.log10(h) - X0) / (X1 - X0)) * (RIGHT - LEFT);

interface Scale {
  low: number;
  high: number;
  /** Some error is nothing at all: it has a line of its own below the others. */
  zero: boolean;
}

function scaleOf(errors: number[]): Scale {
  const logs = errors.filter((e) => e > 0).map((e) => Math.log10(e));
  const low = logs.length ? Math.floor(Math.min(...logs)) : -8;
  const high = logs.length ? Math.ceil(Math.max(...logs)) : 0;
  return { low, high: Math.max(high, low + 3), zero: errors.some((e) => e === 0) };
}

function y(e: number, s: Scale): number {
  const bottom = s.zero ? BOTTOM - 22 : BOTTOM;
  return e === 0 ? BOTTOM - 4 : bottom - ((Math.log10(e) - s.low) / (s.high - s.low)) * (bottom - TOP);
}

function Mark({ kind, at, title }: { kind: Kind; at: [number, number]; title: string }): VNode {
  return (
    <g class={`mark ${kind}`} transform={`translate(${at[0].toFixed(1)},${at[1].toFixed(1)})`}>
      {title && <title>{title}</title>}
      {kind === 'central' ? <circle r="4.2" /> : <path d="M0-5 5 4H-5z" />}
    </g>
  );
}

/** Where ε·|f|/h is within the frame: a line of slope −1. */
function rounding(size: number, s: Scale): string | null {
  const c = Math.log10(size);
  const from = Math.max(X0, c - s.high);
  const to = Math.min(X1, c - s.low);
  if (!Number.isFinite(c) || from >= to) return null;
  return [from, to].map((l, i) => `${i ? 'L' : 'M'}${x(10 ** l).toFixed(1)},${y(10 ** (c - l), s).toFixed(1)}`).join('');
}

export function ErrorPlot({ points, gradient, chosen, size, label }: { points: Point[]; gradient: number; chosen: number; size: number; label: string }): VNode {
  const t = says.value;
  const errorAt = (p: Point, kind: Kind): number | null => (p[kind] === null ? null : Math.abs(p[kind] - gradient));
  const s = scaleOf(points.flatMap((p) => KINDS.map((k) => errorAt(p, k)).filter((e) => e !== null)));
  const every = Math.ceil((s.high - s.low) / 6);
  const guide = rounding(size, s);
  return (
    <svg class="error-plot" viewBox={`0 0 ${W} ${H}`} role="img" aria-label={label}>
      {Array.from({ length: Math.floor((s.high - s.low) / every) + 1 }, (_, i) => s.low + i * every).map((n) => (
        <g key={`y${n}`}><path class="line" d={`M${LEFT} ${y(10 ** n, s)}H${RIGHT}`} /><text class="tick" x={LEFT - 6} y={y(10 ** n, s) + 4} text-anchor="end">10{raised(n)}</text></g>
      ))}
      {s.zero && <g><path class="line zero" d={`M${LEFT} ${BOTTOM - 4}H${RIGHT}`} /><text class="tick" x={LEFT - 6} y={BOTTOM} text-anchor="end">0</text></g>}
      {[-10, -8, -6, -4, -2, 0].map((n) => (
        <g key={`x${n}`}><path class="line" d={`M${x(10 ** n)} ${TOP}V${BOTTOM}`} /><text class="tick" x={x(10 ** n)} y={BOTTOM + 15} text-anchor="middle">10{raised(n)}</text></g>
      ))}
      <path class="axis" d={`M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}`} />
      <text class="name" x={RIGHT} y={BOTTOM + 32} text-anchor="end">{t.axisX} →</text>
      <text class="name" x={4} y={14}>↑ {t.axisY}</text>
      <g class="key" transform={`translate(${RIGHT - 284},10)`}>
        <Mark kind="central" at={[0, 0]} title="" /><text x={9} y={4}>{t.central}</text>
        <Mark kind="forward" at={[74, 0]} title="" /><text x={83} y={4}>{t.forward}</text>
        <path class="guide" d="M144 0h20" /><text x={169} y={4}>{t.rounding}</text>
      </g>
      {guide && <path class="guide" d={guide} />}
      <path class="chosen" d={`M${x(chosen)} ${TOP}V${BOTTOM}`} />
      {KINDS.map((kind) => {
        const at = points.flatMap((p) => {
          const e = errorAt(p, kind);
          return e === null ? [] : [{ p, e, at: [x(p.h), y(e, s)] as [number, number] }];
        });
        return (
          <g key={kind}>
            <path class={`series ${kind}`} d={at.map((a, i) => `${i ? 'L' : 'M'}${a.at.map((v) => v.toFixed(1)).join(',')}`).join('')} />
            {at.map(({ p, e, at: where }) => <Mark key={p.h} kind={kind} at={where} title={t.point(t[kind], hText(p.h), e === 0 ? '0' : short(e))} />)}
          </g>
        );
      })}
    </svg>
  );
}
