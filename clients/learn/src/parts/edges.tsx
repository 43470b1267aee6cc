// edges.tsx - the lines of the graph, and what the backward step that is shown sends over them.
import type { VNode } from 'preact';
import { HATCH } from '../heat';
import { words } from '../i18n';
import type { Line, Stub } from '../layout';
import { columns, isScalar, line } from '../numbers';
import { at } from '../state';
import { label, type Link, type World } from '../world';

function path(points: { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let d = `M${first.x},${first.y}`;
  for (let i = 0; i < rest.length; i++) {
    const p = rest[i]!;
    const next = rest[i + 1];
    if (!next) d += `L${p.x},${p.y}`;
    else d += `Q${p.x},${p.y} ${(p.x + next.x) / 2},${(p.y + next.y) / 2}`;
  }
  return d;
}

/** What a line carries at this moment. */
export interface Sent {
  key: string;
  input: number;
  text: string;
}

export function sent(w: World): Sent[] {
  const step = w.frame?.step;
  if (step?.kind !== 'node') return [];
  return w.arrivals(step).flatMap(({ box }) => step.edges.map((e) => ({ key: box.key, input: e.input, text: isScalar(e.contribution) ? line(e.contribution) : '' })));
}

function Chip({ x, y, text }: { x: number; y: number; text: string }): VNode {
  const half = (text.length + 2) * 3.8;
  return (
    <g class="chip" transform={`translate(${x},${y})`} key={at.value}>
      <rect x={-half} y={-10} width={2 * half} height={20} rx={10} />
      <text text-anchor="middle" y={4}>{text}</text>
    </g>
  );
}

export function EdgeView({ at: l, link, lit }: { at: Line; link: Link | undefined; lit: Sent | undefined }): VNode {
  const d = path(l.points);
  const mid = l.points[Math.floor(l.points.length / 2)]!;
  const kind = link?.kind ?? 'data';
  return (
    <g class={`edge ${kind}${lit ? ' lit' : ''}`}>
      {lit ? <path d={d} marker-start="url(#arrow-lit)" /> : <path d={d} marker-end={`url(#arrow-${kind})`} />}
      {kind === 'stop' && (
        <g class="stopped" transform={`translate(${mid.x},${mid.y})`}>
          <title>{words.value.stops}</title>
          <circle r="7" />
          <path d="M-3.5 -3.5 3.5 3.5M3.5 -3.5-3.5 3.5" />
        </g>
      )}
      {lit?.text && <Chip x={mid.x} y={mid.y} text={lit.text} />}
    </g>
  );
}

const MOST = 7; // characters of a name at a stub

/** A line that would be too long: the name of where it comes from, at the box that uses it. */
export function StubView({ at: s, link, lit, world }: { at: Stub; link: Link | undefined; lit: Sent | undefined; world: World }): VNode {
  const name = label(world.boxes.get(s.from));
  const text = [...name].length > MOST ? `${[...name].slice(0, MOST - 1).join('')}…` : name;
  const w = columns(text) * 6.6 + 10;
  const kind = link?.kind ?? 'data';
  return (
    <g class={`edge stub ${kind}${lit ? ' lit' : ''}`} transform={`translate(${s.x},${s.y})`}>
      <title>{name}</title>
      <path d="M-16,0L-1,0" marker-end={lit ? undefined : `url(#arrow-${kind})`} marker-start={lit ? 'url(#arrow-lit)' : undefined} />
      <rect x={-16 - w} y={-8} width={w} height={16} rx={8} />
      <text x={-16 - w / 2} y={3.5} text-anchor="middle">{text}</text>
      {lit?.text && <Chip x={-16 - w / 2} y={-14} text={lit.text} />}
    </g>
  );
}

const KINDS = ['flow', 'stop', 'data', 'lit'];

export function Defs(): VNode {
  return (
    <defs>
      {KINDS.map((kind) => (
        <marker id={`arrow-${kind}`} class={`arrow ${kind}`} viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
          <path d="M0 0.8 8 4 0 7.2z" />
        </marker>
      ))}
      <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="5" height="5" fill={HATCH[0]} /><rect width="2" height="5" fill={HATCH[1]} />
      </pattern>
    </defs>
  );
}
