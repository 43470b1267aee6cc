// scene.ts - the picture of the moment shown: its boxes, where they stand, how large, and what of it is in sight.
import { computed, signal } from '@preact/signals';
import { type Direction, type Picture, picture } from './layout';
import { at, replay, scope, world } from './state';
import { shown } from './visible';

/** null: as large as fits. */
export const zoom = signal<number | null>(null);
/** The pane in which the picture is scrolled, in pixels. */
export const room = signal({ w: 800, h: 500 });
export const outlined = signal(false);

function fit(p: Picture): number {
  return p.w && p.h ? Math.min(room.value.w / p.w, Math.max(room.value.h, 320) / p.h) : 1;
}

const FEW = 60;

/** The way in which the whole replay's picture is larger; it stays while the replay is scrubbed. */
export const direction = computed<Direction>(() => {
  const r = replay.value;
  const wide: Direction = room.value.w >= 560 ? 'LR' : 'TB';
  const boxes = r?.scenes[r.scenes.length - 1]!.boxes ?? [];
  if (!boxes.length || boxes.length > FEW) return wide;
  return fit(picture(boxes, 'LR')) >= 0.9 * fit(picture(boxes, 'TB')) ? 'LR' : 'TB';
});

export const scene = computed(() => {
  const w = world.value;
  const r = replay.value;
  if (!w || !r) return null;
  const { placed, ...rest } = shown(w, r, at.value, scope.value);
  return { ...rest, world: w, picture: picture(placed, direction.value) };
});

export const scale = computed(() => {
  if (zoom.value !== null) return zoom.value;
  const p = scene.value?.picture;
  return p ? Math.max(0.75, Math.min(1.15, fit(p))) : 1;
});

/** What of the picture is scrolled to, and some more around it; in steps, so that not every pixel counts. */
const STEP = 256;
const scrolled = signal({ x: 0, y: 0 });
export function scrolledTo(left: number, top: number): void {
  const x = Math.floor(left / STEP) * STEP;
  const y = Math.floor(top / STEP) * STEP;
  if (scrolled.peek().x !== x || scrolled.peek().y !== y) scrolled.value = { x, y };
}

const ALL = 80; // boxes that are drawn whether they are in sight or not

/** All is drawn, in sight or not: it is about to be taken away. */
export const whole = signal(false);

/** Whether a rectangle of the picture is in sight, or near to it. */
export const inSight = computed<(r: { x: number; y: number; w: number; h: number }) => boolean>(() => {
  if (whole.value || (scene.value?.boxes.length ?? 0) <= ALL) return () => true;
  const z = scale.value;
  const left = (scrolled.value.x - STEP) / z;
  const top = (scrolled.value.y - STEP) / z;
  const right = (scrolled.value.x + room.value.w + 2 * STEP) / z;
  const bottom = (scrolled.value.y + room.value.h + 2 * STEP) / z;
  return (r) => r.x < right && r.x + r.w > left && r.y < bottom && r.y + r.h > top;
});
