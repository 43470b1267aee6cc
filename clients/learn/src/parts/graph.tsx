// graph.tsx - the picture, and walking about in it with the keyboard.
import { signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { lang, words } from '../i18n';
import { keptBy } from '../kept';
import type { Direction, Picture, Placed } from '../layout';
import { direction, inSight, outlined, room, scale, scene, scrolledTo } from '../scene';
import { ran, replay, selected, stale } from '../state';
import type { Box } from '../world';
import { BoxView } from './box';
import { Defs, EdgeView, sent, StubView } from './edges';
import { GraphTools } from './graph-tools';
import { Outline } from './outline';

const focused = signal<string | null>(null);

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
    if (k === from || !here.has(k) || (back ? d >= 0 : d <= 0)) continue;
    const far = Math.abs(d) + 2 * Math.abs(b[other] - mine[other]);
    if (far < least) [best, least] = [k, far];
  }
  return best;
}

/** Scrolls the pane so that a box can be seen; leaves it alone if it can be. */
function reveal(pane: Element, place: Placed): void {
  const z = scale.peek();
  const [x, y, w, h] = [place.x * z, place.y * z, place.w * z, place.h * z];
  if (x < pane.scrollLeft || x + w > pane.scrollLeft + pane.clientWidth) pane.scrollLeft = x - (pane.clientWidth - w) / 2;
  if (y < pane.scrollTop || y + h > pane.scrollTop + pane.clientHeight) pane.scrollTop = y - (pane.clientHeight - h) / 2;
  scrolledTo(pane.scrollLeft, pane.scrollTop);
}

function Svg(): VNode | null {
  const s = scene.value;
  const svg = useRef<SVGSVGElement>(null);
  const coming = useRef<string | null>(null); // what gets the focus with the next frame
  useLayoutEffect(() => {
    const first = s && [...s.world.recent].find((k) => s.picture.boxes.has(k));
    const place = first ? s.picture.boxes.get(first) : undefined;
    const pane = svg.current?.parentElement;
    if (place && pane) reveal(pane, place);
  }, [s]);
  if (!s) return null;
  const { boxes, world: w, picture: p } = s;
  const lit = sent(w);
  const failed = w.frame?.kind === 'error';
  const editable = !stale.value && !ran.value?.live;
  const first = focused.value && boxes.some((b) => b.key === focused.value) ? focused.value : boxes[0]?.key;
  const links = new Map(boxes.map((b) => [b.key, b.links]));
  const seen = inSight.value;
  const linkOf = (l: { from: string; to: string; input: number }) => links.get(l.to)?.find((k) => k.from === l.from && k.input === l.input);
  const litOf = (l: { to: string; input: number }) => lit.find((x) => x.key === l.to && x.input === l.input);
  const go = (to: string): void => {
    const pane = svg.current?.parentElement;
    if (pane) reveal(pane, p.boxes.get(to)!);
    focused.value = to;
    const take = (): boolean => {
      const box = svg.current?.querySelector<SVGGElement>(`[data-key="${CSS.escape(to)}"]`);
      box?.focus({ preventScroll: true });
      return !!box;
    };
    coming.current = take() ? null : to; // what was out of sight is drawn first
    if (coming.current) requestAnimationFrame(() => {
      coming.current = null;
      take();
    });
  };
  const onKeyDown = (e: KeyboardEvent): void => {
    const from = coming.current ?? (e.target as Element).closest<SVGGElement>('[data-key]')?.dataset['key'];
    if (e.key === 'Escape') selected.value = null;
    if (!from) return;
    if (e.key === 'Enter' || e.key === ' ') selected.value = from;
    else if (e.key.startsWith('Arrow')) {
      const to = neighbour(boxes, from, e.key, direction.value, p);
      if (to) go(to);
    } else return;
    e.preventDefault();
    e.stopPropagation();
  };
  const reach = (l: { from: string; to: string }): boolean => {
    const [a, b] = [p.boxes.get(l.from)!, p.boxes.get(l.to)!];
    const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
    return seen({ x, y, w: Math.max(a.x + a.w, b.x + b.w) - x, h: Math.max(a.y + a.h, b.y + b.h) - y });
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
      {p.lines.map((l) => links.has(l.from) && links.has(l.to) && reach(l) && <EdgeView key={`${l.from} ${l.to} ${l.input}`} at={l} link={linkOf(l)} lit={litOf(l)} />)}
      {p.stubs.map((l) => links.has(l.from) && links.has(l.to) && seen(p.boxes.get(l.to)!) && <StubView key={`${l.from} ${l.to} ${l.input}`} at={l} link={linkOf(l)} lit={litOf(l)} world={w} />)}
      {boxes.map((box) => (seen(p.boxes.get(box.key)!) || box.key === first) && (
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
          onFocus={onFocus}
          onChoose={onChoose}
        />
      ))}
    </svg>
  );
}

const onFocus = (key: string): void => {
  focused.value = key;
};
const onChoose = (key: string): void => {
  selected.value = key;
};

/** The memory that waits for backward, and is given back by it. */
function KeptLine(): VNode | null {
  const s = scene.value;
  if (!s) return null;
  const { names, tensors, bytes } = keptBy(s.living, s.world);
  return <p class="note kept">{words.value.kept(tensors, bytes, names)}</p>;
}

export function GraphPart(): VNode {
  const pane = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      if (width && height) room.value = { w: width, h: height };
    });
    watch.observe(pane.current!);
    return () => watch.disconnect();
  }, []);
  const s = scene.value;
  const w = words.value;
  return (
    <section class="part graph-part" aria-label={w.graph}>
      <GraphTools />
      <div class="pane" ref={pane} tabIndex={0} role="group" aria-label={w.pane} hidden={outlined.value} onScroll={(e) => scrolledTo(e.currentTarget.scrollLeft, e.currentTarget.scrollTop)}>
        {s && s.boxes.length ? <Svg /> : <p class="hint">{replay.value ? w.nothingYet : w.runFirst}</p>}
      </div>
      {outlined.value && <Outline />}
      {s && s.boxes.length > 0 && <KeptLine />}
      {s && s.living.length > s.boxes.length && <p class="note">{w.folded(s.boxes.length, s.living.length, s.near)}</p>}
      {replay.value?.truncated && <p class="note">{w.truncated(replay.value.leftOut)}</p>}
    </section>
  );
}
