// visible.ts - which boxes a picture shows: what Python still holds, what that came from, what is still to be used.
import type { Replay } from './replay';
import type { Box, World } from './world';

export type Scope = 'auto' | 'all' | 'result' | 'near';
/** More boxes than this are not placed at once, unless that is asked for; */
const MANY = 600;
/** and more than this are not then either: it would take too long. */
const MOST = 1500;
const NEAR = 40;

/** What is drawn at a moment, and all that the picture has places for. */
export interface Shown {
  boxes: Box[];
  placed: readonly Box[];
  /** All boxes that there are. */
  living: readonly Box[];
  /** There are too many: those around the step are shown. */
  near: boolean;
}

function ancestors(world: World, roots: Iterable<string>): Set<string> {
  const found = new Set<string>();
  const queue = [...roots];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (found.has(key)) continue;
    found.add(key);
    for (const link of world.boxes.get(key)?.links ?? []) queue.push(link.from);
  }
  return found;
}

/** The boxes nearest to those that the last frame concerns, and then the newest. */
function nearest(world: World, lives: Set<string>): Set<string> {
  const consumers = new Map<string, string[]>();
  for (const key of lives)
    for (const link of world.boxes.get(key)?.links ?? []) {
      const list = consumers.get(link.from);
      if (list) list.push(key);
      else consumers.set(link.from, [key]);
    }
  const newest = [...lives].slice(-1);
  const found = new Set<string>();
  let ring = [...world.touched].filter((key) => lives.has(key));
  if (!ring.length) ring = newest;
  while (ring.length && found.size < NEAR) {
    const next: string[] = [];
    for (const key of ring) {
      if (found.has(key) || found.size >= NEAR) continue;
      found.add(key);
      const box = world.boxes.get(key);
      next.push(...(box?.links ?? []).map((l) => l.from), ...(consumers.get(key) ?? []));
    }
    ring = next.filter((key) => lives.has(key));
  }
  return found;
}

function resultOf(world: World, lives: Set<string>): string[] {
  const root = world.pass?.roots[0];
  const box = root && world.boxOfNode(root.node);
  if (box && lives.has(box.key)) return [box.key];
  const last = [...lives].reverse().find((key) => world.boxes.get(key)?.kind === 'op');
  return last ? [last] : [...lives];
}

/** What is drawn after the first `now` frames, in order of creation. */
export function shown(world: World, replay: Replay, now: number, scope: Scope): Shown {
  const scene = replay.scene(now);
  const boxes = scene.boxes.flatMap((b) => (b.born <= now && replay.dies.get(b.key)! >= now ? [world.boxes.get(b.key) ?? b] : []));
  const most = scope === 'auto' ? MANY : MOST;
  if ((scope === 'auto' || scope === 'all') && scene.boxes.length <= most) return { boxes, placed: scene.boxes, living: boxes, near: false };
  const lives = new Set(boxes.map((b) => b.key));
  const behind = scope === 'result' ? ancestors(world, resultOf(world, lives)) : null;
  const near = !behind || behind.size > MOST;
  const keys = near ? nearest(world, lives) : behind;
  const some = boxes.filter((b) => keys.has(b.key));
  return { boxes: some, placed: some, living: boxes, near };
}
