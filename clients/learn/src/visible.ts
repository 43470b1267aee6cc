// visible.ts - which boxes a picture shows: what Python still holds, what that came from, what is still to be used.
import type { Replay } from './replay';
import type { Box, World } from './world';

export type Scope = 'auto' | 'all' | 'result' | 'near';
export const MANY = 150;
const NEAR = 40;

/** Boxes that live at this moment. */
export function living(world: World, replay: Replay, now: number): Set<string> {
  const lives = new Set<string>();
  const boxes = [...world.boxes.values()];
  for (let i = boxes.length - 1; i >= 0; i--) {
    const box = boxes[i]!;
    const fresh = box.line === world.line && box.born >= now - 1;
    if (!lives.has(box.key) && !world.isNamed(box) && (replay.lastUse.get(box.key) ?? 0) <= now && !fresh && !world.touched.has(box.key))
      continue;
    lives.add(box.key);
    for (const link of box.links) if (link.kind === 'flow') lives.add(link.from);
  }
  return lives;
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

/** What is drawn, in order of creation, and how many boxes there would be. */
export function shown(world: World, replay: Replay, now: number, scope: Scope): { boxes: Box[]; of: number } {
  const lives = living(world, replay, now);
  let keys = lives;
  const chosen = scope === 'auto' ? (lives.size > MANY ? 'near' : 'all') : scope;
  if (chosen === 'near') keys = nearest(world, lives);
  else if (chosen === 'result') {
    const up = ancestors(world, resultOf(world, lives));
    keys = new Set([...lives].filter((key) => up.has(key)));
  }
  return { boxes: [...world.boxes.values()].filter((b) => keys.has(b.key)), of: lives.size };
}
