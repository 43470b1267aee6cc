// train-pictures.tsx - the boundary, the loss curve, parameters as colours, and their trails. All numbers are the server's.
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { dark, heat } from '../heat';
import { elements, extent, grid, shapeOf, short } from '../numbers';
import type { Value } from '../wire';
import { CELLS, MOONS, REACH } from './moons';
import { says } from './train-words';

const PX = 10; // of the drawing, for one cell

/** Where the cells' values cross one half: short lines between the middles of four cells. */
function crossing(cells: number[]): string {
  const at = (c: number, r: number): number => cells[r * CELLS + c]! - 0.5;
  let path = '';
  for (let r = 0; r + 1 < CELLS; r++) {
    for (let c = 0; c + 1 < CELLS; c++) {
      const corners = [[c, r], [c + 1, r], [c + 1, r + 1], [c, r + 1]] as const;
      const ends: string[] = [];
      corners.forEach(([x, y], i) => {
        const [u, v] = corners[(i + 1) % 4]!;
        const [a, b] = [at(x, y), at(u, v)];
        if (a > 0 === b > 0) return;
        const t = a / (a - b);
        ends.push(`${((x + (u - x) * t + 0.5) * PX).toFixed(1)},${((y + (v - y) * t + 0.5) * PX).toFixed(1)}`);
      });
      for (let i = 0; i + 1 < ends.length; i += 2) path += `M${ends[i]}L${ends[i + 1]}`;
    }
  }
  return path;
}

const place = (v: number): string => (((v + REACH) / (2 * REACH)) * CELLS * PX).toFixed(1);
const POINTS = MOONS.map((m) => `translate(${place(m.x)},${place(-m.y)})`);

function Points(): VNode {
  return <g>{MOONS.map((m, i) => <path key={i} class={m.label ? 'moon b' : 'moon a'} transform={POINTS[i]} d={m.label ? 'M0-5 5 0 0 5-5 0z' : 'M3.6 0a3.6 3.6 0 1 1-7.2 0 3.6 3.6 0 1 1 7.2 0z'} />)}</g>;
}
const points = <Points />; // the same node each time: drawn once

export function Boundary({ cells, label }: { cells: number[]; label: string }): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const night = dark.value;
  useEffect(() => {
    const pen = canvas.current?.getContext('2d');
    if (!pen) return;
    cells.forEach((p, i) => {
      const known = Number.isFinite(p);
      pen.fillStyle = known ? heat(p - 0.5, 0.5) : night ? '#777' : '#999';
      pen.fillRect(i % CELLS, Math.floor(i / CELLS), 1, 1);
    });
  }, [cells, night]);
  return (
    <div class="boundary">
      <canvas ref={canvas} width={CELLS} height={CELLS} aria-hidden="true" />
      <svg viewBox={`0 0 ${CELLS * PX} ${CELLS * PX}`} role="img" aria-label={label}>
        <path class="edge" d={crossing(cells)} />
        {points}
      </svg>
    </div>
  );
}

const W = 400;
const H = 170;
const LEFT = 48;
const BOTTOM = H - 24;
const TOP = 8;
const RIGHT = W - 10;
const MOST = 300;

interface Drawn {
  x: number;
  v: number;
}

/** No more losses than can be seen apart; the last is always there. */
function thinned(losses: readonly number[]): Drawn[] {
  const every = Math.ceil(losses.length / MOST) || 1;
  const out: Drawn[] = [];
  for (let i = 0; i < losses.length; i += every) out.push({ x: i, v: losses[i]! });
  if (losses.length && out[out.length - 1]!.x !== losses.length - 1) out.push({ x: losses.length - 1, v: losses[losses.length - 1]! });
  return out;
}

function ticksOf(low: number, high: number, log: boolean): number[] {
  if (log) {
    const every = Math.ceil((high - low) / 4);
    return Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, i) => low + i * every);
  }
  const rough = (high - low) / 3;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * ([1, 2, 5, 10].find((m) => m * unit >= rough) ?? 10);
  return Array.from({ length: Math.floor(high / step) + 1 }, (_, i) => i * step);
}

export function Curve({ losses, log, label }: { losses: readonly number[]; log: boolean; label: string }): VNode {
  const t = says.value;
  const scaled = (v: number): number => (log ? Math.log10(v) : v);
  const drawn = thinned(losses).filter((d) => Number.isFinite(scaled(d.v)));
  const all = drawn.map((d) => scaled(d.v));
  const low = log ? Math.floor(Math.min(0, ...all)) : 0;
  const high = log ? Math.max(low + 1, Math.ceil(Math.max(...all, -9))) : Math.max(0.1, ...all) * 1.05;
  const last = Math.max(losses.length - 1, 1);
  const x = (i: number): number => LEFT + (i / last) * (RIGHT - LEFT);
  const y = (v: number): number => BOTTOM - ((v - low) / (high - low)) * (BOTTOM - TOP);
  const end = drawn[drawn.length - 1];
  return (
    <svg class="curve" viewBox={`0 0 ${W} ${H}`} role="img" aria-label={label}>
      {ticksOf(low, high, log).map((v) => (
        <g key={v}><path class="line" d={`M${LEFT} ${y(v).toFixed(1)}H${RIGHT}`} /><text x={LEFT - 6} y={y(v) + 4} text-anchor="end">{short(log ? 10 ** v : v)}</text></g>
      ))}
      <path class="axis" d={`M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}`} />
      <text x={LEFT} y={H - 7}>1</text>
      <text x={RIGHT} y={H - 7} text-anchor="end">{t.epoch} {Math.max(losses.length, 1)}</text>
      <path class="loss" d={drawn.map((d, i) => `${i ? 'L' : 'M'}${x(d.x).toFixed(1)},${y(scaled(d.v)).toFixed(1)}`).join('')} />
      {end && <circle class="end" r="3.5" cx={x(end.x)} cy={y(scaled(end.v))} />}
    </svg>
  );
}

const CELL = 12;

/** A tensor as colours alone; its numbers are in the table below. A vector is a column. */
export function Swatches({ v, label }: { v: Value; label: string }): VNode {
  const shape = shapeOf(v);
  const { rows, columns, cells } = grid(v);
  const [r, c] = shape.length < 2 ? [columns, rows] : [rows, columns];
  const most = Math.max(extent(v), cells.length === 1 ? Math.abs(Number(cells[0])) : 0);
  return (
    <svg class="swatches" width={c * CELL} height={r * CELL} role="img" aria-label={label}>
      {cells.map((x, i) => <rect key={i} x={(i % c) * CELL} y={Math.floor(i / c) * CELL} width={CELL} height={CELL} fill={heat(x, most)} />)}
    </svg>
  );
}

export interface Trail {
  name: string;
  values: number[];
}

const SW = 96;
const SH = 24;

export function Spark({ trail }: { trail: Trail }): VNode {
  const seen = trail.values.filter(Number.isFinite);
  const low = Math.min(...seen);
  const span = Math.max(...seen) - low || 1;
  const step = (SW - 4) / Math.max(trail.values.length - 1, 1);
  const d = trail.values.map((v, i) => (Number.isFinite(v) ? `${i ? 'L' : 'M'}${(2 + i * step).toFixed(1)},${(SH - 3 - ((v - low) / span) * (SH - 6)).toFixed(1)}` : '')).join('');
  const now = trail.values[trail.values.length - 1];
  return (
    <li>
      <code>{trail.name}</code>
      <svg viewBox={`0 0 ${SW} ${SH}`} width={SW} height={SH} role="img" aria-label={says.value.trailOf(trail.name, short(trail.values[0]), short(now))}><path d={d} /></svg>
      <span class="now">{short(now)}</span>
    </li>
  );
}

export const shapeText = (v: Value): string => `[${shapeOf(v).join(', ')}]`;
export const countOf = (v: Value): number => elements(v).length;
