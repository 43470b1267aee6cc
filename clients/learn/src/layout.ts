// layout.ts - where boxes stand. Sizes follow from what a box will have to show in the whole replay, so that nothing
// moves while it is scrubbed; positions are found once for each set of boxes.
import { Graph, layout as dagre } from '@dagrejs/dagre';
import { columns, grid, isScalar, isSummary, line } from './numbers';
import type { Value } from './wire';
import type { Box, Link } from './world';

export const CHAR = 7.3; // width of a column of the box font, 12 px
export const PAD = 12;
export const ROW = 18;

export interface Cells {
  rows: number;
  columns: number;
  /** Numbers are written into cells that are large enough. */
  written: boolean;
  cell: { w: number; h: number };
}

/** How a value is drawn: a line of text, or a grid of cells. */
export function cellsOf(v: Value | null): Cells | null {
  if (v === null || isScalar(v) || isSummary(v)) return null;
  const { rows, columns: cols } = grid(v);
  if (!rows || !cols) return null;
  const written = rows <= 4 && cols <= 4;
  return { rows, columns: cols, written, cell: written ? { w: 50, h: 20 } : { w: 13, h: 13 } };
}

export function valueSize(v: Value | null): { w: number; h: number } {
  const cells = cellsOf(v);
  if (cells) return { w: cells.columns * cells.cell.w, h: cells.rows * cells.cell.h + 4 };
  return { w: Math.max(6, columns(line(v))) * CHAR + 4, h: ROW };
}

export interface Size {
  w: number;
  h: number;
}

export const LABEL = 44; // room for "grad" before a gradient

/** A box that may get a gradient keeps room for it from the beginning. */
export const hasGradRow = (box: Box): boolean => box.requiresGrad || box.grad !== null;

export function sizeOf(box: Box): Size {
  const value = valueSize(box.value);
  const head = columns(box.name ?? '') * (CHAR + 1) + columns(box.expression) * CHAR + (box.name && box.expression ? 22 : 0);
  const foot = columns(footOf(box)) * 6.1 + (box.saved.length ? 22 : 0);
  let w = Math.max(value.w + LABEL, head, foot, 96);
  let h = 26 + value.h + 18;
  if (hasGradRow(box)) {
    const cells = cellsOf(box.value);
    w = Math.max(w, LABEL + (cells ? value.w : 15 * CHAR));
    h += cells ? value.h : ROW;
  }
  return { w: Math.ceil(w + 2 * PAD), h: Math.ceil(h + 8) };
}

/** The badges of a box: dtype and shape, version, what it is for autograd. */
export function footOf(box: Box): string {
  const parts = [`${box.dtype}${box.shape.length ? `[${box.shape.join('×')}]` : ''}`, `v${box.version}`];
  if (box.gradFn) parts.push(box.gradFn);
  else if (box.kind === 'leaf') parts.push('leaf');
  return parts.join('  ');
}

export interface Placed extends Size {
  x: number;
  y: number;
}
export interface Line {
  from: string;
  to: string;
  input: number;
  points: { x: number; y: number }[];
}
/** In place of a long line: the name of where it comes from, at the box that it goes to. */
export interface Stub {
  from: string;
  to: string;
  input: number;
  x: number;
  y: number;
}
export interface Picture {
  boxes: Map<string, Placed>;
  lines: Line[];
  stubs: Stub[];
  w: number;
  h: number;
}
export type Direction = 'LR' | 'TB';

const scenes = new WeakMap<readonly Box[], Partial<Record<Direction, Picture>>>();
const known = new Map<string, Picture>();
const KNOWN = 100;

/** All that the places of boxes follow from. Keys alone do not do: another program has the same ones. */
function likeness(boxes: readonly Box[], direction: Direction): string {
  const rows = boxes.map((b) => {
    const { w, h } = sizeOf(b);
    return [b.key, w, h, ...b.links.map((l) => `${l.from}:${l.input}${l.kind === 'data' ? 'd' : ''}`)].join(' ');
  });
  return `${direction}\n${rows.join('\n')}`;
}

/** Positions of these boxes. The same list, or a list of boxes alike, gives the same picture at once. */
export function picture(boxes: readonly Box[], direction: Direction): Picture {
  const had = scenes.get(boxes)?.[direction];
  if (had) return had;
  const id = likeness(boxes, direction);
  const made = known.get(id) ?? place(boxes, direction);
  if (known.size >= KNOWN) known.delete(known.keys().next().value!);
  known.set(id, made);
  scenes.set(boxes, { ...scenes.get(boxes), [direction]: made });
  return made;
}

const MANY = 8; // a box that more than so many others are made from gets a line to the first, and its name at the rest

/** Which links are drawn as lines: a parameter that is used everywhere would cover the picture with them. */
function drawn(boxes: readonly Box[]): { lines: Set<Link>; stubs: Map<string, Link[]> } {
  const here = new Set(boxes.map((b) => b.key));
  const fan = new Map<string, number>();
  for (const box of boxes) for (const link of box.links) fan.set(link.from, (fan.get(link.from) ?? 0) + 1);
  const used = new Map<string, number>();
  const lines = new Set<Link>();
  const stubs = new Map<string, Link[]>();
  for (const box of boxes)
    for (const link of box.links) {
      if (!here.has(link.from)) continue;
      const n = used.get(link.from) ?? 0;
      used.set(link.from, n + 1);
      if (n === 0 || fan.get(link.from)! <= MANY) lines.add(link);
      else stubs.set(box.key, [...(stubs.get(box.key) ?? []), link]);
    }
  return { lines, stubs };
}

function place(boxes: readonly Box[], direction: Direction): Picture {
  const g = new Graph({ multigraph: true });
  g.setGraph({ rankdir: direction, nodesep: 22, ranksep: direction === 'LR' ? 64 : 48, edgesep: 14, marginx: 16, marginy: 16 });
  g.setDefaultEdgeLabel(() => ({}));
  const { lines, stubs } = drawn(boxes);
  for (const box of boxes) {
    const { w, h } = sizeOf(box);
    g.setNode(box.key, { width: w, height: h });
  }
  for (const box of boxes)
    for (const link of box.links)
      if (lines.has(link)) g.setEdge(link.from, box.key, { weight: link.kind === 'data' ? 1 : 2 }, String(link.input));
  dagre(g);
  const placed = new Map<string, Placed>();
  for (const key of g.nodes()) {
    const n = g.node(key) as { x: number; y: number; width: number; height: number };
    placed.set(key, { x: n.x - n.width / 2, y: n.y - n.height / 2, w: n.width, h: n.height });
  }
  const size = g.graph() as { width?: number; height?: number };
  return {
    boxes: placed,
    lines: g.edges().map((e) => {
      const points = (g.edge(e) as { points: { x: number; y: number }[] }).points;
      return { from: String(e.v), to: String(e.w), input: Number(e.name), points };
    }),
    stubs: [...stubs].flatMap(([to, links]) => links.map((link, i) => stubAt(placed.get(to)!, to, link, i, direction))),
    w: size.width ?? 0,
    h: size.height ?? 0,
  };
}

function stubAt(p: Placed, to: string, link: Link, i: number, direction: Direction): Stub {
  const at = direction === 'LR' ? { x: p.x, y: p.y + p.h - 12 - 18 * i } : { x: p.x + 24 + 60 * i, y: p.y };
  return { from: link.from, to, input: link.input, ...at };
}
