// graph.tsx - the picture: boxes, the edges between them, and walking about in it with the keyboard.
import { computed, signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { HATCH } from '../heat';
import { lang, words } from '../i18n';
import { type Direction, type Line, type Picture, picture } from '../layout';
import { isScalar, line } from '../numbers';
import { at, ran, replay, scope, selected, stale, world } from '../state';
import { MANY, shown } from '../visible';
import type { NodeStep } from '../wire';
import type { Box, Link, World } from '../world';
import { BoxView } from './box';
import { GraphTools } from './graph-tools';
import { Outline } from './outline';

/** null: as large as fits. */
export const zoom = signal<number | null>(null);
const room = signal({ w: 800, h: 500 });
const focused = signal<string | null>(null);
export const outlined = signal(false);

function fit(p: Picture): number {
  return p.w && p.h ? Math.min(room.value.w / p.w, Math.max(room.value.h, 320) / p.h) : 1;
}

const FEW = 60;

/** The way in which the whole replay's picture is larger; it stays while the replay is scrubbed. */
export const direction = computed<Direction>(() => {
  const r = replay.value;
  const wide: Direction = room.value.w >= 560 ? 'LR' : 'TB';
  if (!r) return wide;
  const { boxes } = shown(r.end, r, r.length, 'auto');
  if (boxes.length > FEW) return wide;
  return fit(picture(boxes, 'LR')) >= 0.9 * fit(picture(boxes, 'TB')) ? 'LR' : 'TB';
});

export const scene = computed(() => {
  const w = world.value;
  const r = replay.value;
  if (!w || !r) return null;
  const { boxes, of } = shown(w, r, at.value, scope.value);
  return { boxes, of, world: w, picture: picture(boxes, direction.value) };
});

export const scale = computed(() => {
  if (zoom.value !== null) return zoom.value;
  const p = scene.value?.picture;
  if (!p || !p.w || !p.h) return 1;
  return Math.max(0.75, Math.min(1.15, fit(p)));
});

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

interface Sent {
  key: string;
  input: number;
  text: string;
}

/** What the backward step that is shown sends over its edges. */
function sent(w: World): Sent[] {
  const step = w.frame?.step;
  if (step?.kind !== 'node') return [];
  const box = w.boxOfNode((step as NodeStep).node);
  return !box ? [] : step.edges.map((e) => ({ key: box.key, input: e.input, text: isScalar(e.contribution) ? line(e.contribution) : '' }));
}

function EdgeView({ at: l, link, lit }: { at: Line; link: Link | undefined; lit: Sent | undefined }): VNode {
  const d = path(l.points);
  const mid = l.points[Math.floor(l.points.length / 2)]!;
  const kind = link?.kind ?? 'data';
  return (
    <g class={`edge ${kind}${lit ? ' lit' : ''}`}>
      {lit ? <path d={d} marker-start="url(#arrow-lit)" /> : <path d={d} marker-end={`url(#arrow-${kind})`} />}
      {kind === 'stop' && <g class="stopped" transform={`translate(${mid.x},${mid.y})`}><title>{words.value.stops}</title><circle r="7" /><path d="M-3.5 -3.5 3.5 3.5M3.5 -3.5-3.5 3.5" /></g>}
      {lit?.text && (
        <g class="chip" transform={`translate(${mid.x},${mid.y})`} key={at.value}>
          <rect x={-(lit.text.length + 2) * 3.8} y={-10} width={(lit.text.length + 2) * 7.6} height={20} rx={10} />
          <text text-anchor="middle" y={4}>{lit.text}</text>
        </g>
      )}
    </g>
  );
}

const KINDS = ['flow', 'stop', 'data', 'lit'];

function Defs(): VNode {
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

/** Where an arrow key leads: along the flow to parents and children, across it to the neighbour in order. */
export function neighbour(boxes: readonly Box[], from: string, key: string, dir: Direction, p: Picture): string | null {
  const along: Record<string, string> = dir === 'LR' ? { ArrowLeft: 'up', ArrowRight: 'down' } : { ArrowUp: 'up', ArrowDown: 'down' };
  const way = along[key];
  const here = new Set(boxes.map((b) => b.key));
  if (way === 'up') return boxes.find((b) => b.key === from)?.links.find((l) => here.has(l.from))?.from ?? null;
  if (way === 'down') return boxes.find((b) => b.links.some((l) => l.from === from))?.key ?? null;
  const axis = dir === 'LR' ? 'y' : 'x';
  const back = key === 'ArrowUp' || key === 'ArrowLeft';
  const mine = p.boxes.get(from);
  if (!mine) return null;
  const other = axis === 'y' ? 'x' : 'y';
  let best: string | null = null;
  let least = Infinity;
  for (const [k, b] of p.boxes) {
    const d = b[axis] - mine[axis];
    if (k === from || (back ? d >= 0 : d <= 0)) continue;
    const far = Math.abs(d) + 2 * Math.abs(b[other] - mine[other]);
    if (far < least) [best, least] = [k, far];
  }
  return best;
}

function Svg(): VNode | null {
  const s = scene.value;
  const svg = useRef<SVGSVGElement>(null);
  useLayoutEffect(() => {
    const first = s && [...s.world.touched].find((k) => s.picture.boxes.has(k));
    const place = first ? s.picture.boxes.get(first) : undefined;
    const pane = svg.current?.parentElement;
    if (!place || !pane) return;
    const z = scale.peek();
    const [x, y, w, h] = [place.x * z, place.y * z, place.w * z, place.h * z];
    if (x < pane.scrollLeft || x + w > pane.scrollLeft + pane.clientWidth) pane.scrollLeft = x - (pane.clientWidth - w) / 2;
    if (y < pane.scrollTop || y + h > pane.scrollTop + pane.clientHeight) pane.scrollTop = y - (pane.clientHeight - h) / 2;
  }, [s]);
  if (!s) return null;
  const { boxes, world: w, picture: p } = s;
  const lit = sent(w);
  const failed = w.frame?.kind === 'error';
  const editable = !stale.value && !ran.value?.live;
  const first = focused.value && p.boxes.has(focused.value) ? focused.value : boxes[0]?.key;
  const links = new Map(boxes.map((b) => [b.key, b.links]));
  const onKeyDown = (e: KeyboardEvent): void => {
    const from = (e.target as Element).closest<SVGGElement>('[data-key]')?.dataset['key'];
    if (e.key === 'Escape') selected.value = null;
    if (!from) return;
    if (e.key === 'Enter' || e.key === ' ') selected.value = from;
    else if (e.key.startsWith('Arrow')) {
      const to = neighbour(boxes, from, e.key, direction.value, p);
      if (to) svg.current?.querySelector<SVGGElement>(`[data-key="${CSS.escape(to)}"]`)?.focus();
    } else return;
    e.preventDefault();
    e.stopPropagation();
  };
  return (
    <svg
      ref={svg}
      class={failed ? 'graph failed' : 'graph'}
      width={p.w * scale.value}
      height={p.h * scale.value}
      viewBox={`0 0 ${p.w} ${p.h}`}
      role={'graphics-document' as 'img'}
      aria-roledescription={words.value.graph}
      aria-label={words.value.graphOf(boxes.length)}
      onKeyDown={onKeyDown}
    >
      <Defs />
      {p.lines.map((l) => (
        <EdgeView
          key={`${l.from} ${l.to} ${l.input}`}
          at={l}
          link={links.get(l.to)?.find((k) => k.from === l.from && k.input === l.input)}
          lit={lit.find((x) => x.key === l.to && x.input === l.input)}
        />
      ))}
      {boxes.map((box) => (
        <BoxView
          key={box.key}
          box={box}
          place={p.boxes.get(box.key)!}
          active={w.touched.has(box.key)}
          wrong={failed && w.touched.has(box.key)}
          chosen={selected.value === box.key}
          focusable={box.key === first}
          editable={editable && box.numbers !== null}
          lang={lang.value}
          onFocus={(k) => (focused.value = k)}
          onChoose={(k) => (selected.value = k)}
        />
      ))}
    </svg>
  );
}

export function GraphPart(): VNode {
  const pane = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      room.value = { w: width, h: height };
    });
    watch.observe(pane.current!);
    return () => watch.disconnect();
  }, []);
  const s = scene.value;
  const w = words.value;
  return (
    <section class="part graph-part" aria-label={w.graph}>
      <GraphTools />
      <div class="pane" ref={pane} tabIndex={0} role="group" aria-label={w.pane} hidden={outlined.value}>
        {s && s.boxes.length ? <Svg /> : <p class="hint">{replay.value ? w.nothingYet : w.runFirst}</p>}
      </div>
      {outlined.value && <Outline />}
      {s && s.of > s.boxes.length && <p class="note">{w.folded(s.boxes.length, s.of, MANY)}</p>}
      {replay.value?.truncated && <p class="note">{w.truncated(replay.value.leftOut)}</p>}
    </section>
  );
}
