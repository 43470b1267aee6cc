// kept.ts - what the graph keeps alive for backward at a moment: tensors that were saved and not yet freed.
import { shapeOf } from './numbers';
import type { Box, World } from './world';

const SIZES: Record<string, number> = { float32: 4, float64: 8, int64: 8, bool: 1 };

export interface Kept {
  names: string[];
  tensors: number;
  bytes: number;
}

/** Tensors saved by the nodes behind these boxes; one that several saved at the same version counts once. */
export function keptBy(boxes: readonly Box[], world: World): Kept {
  const seen = new Map<string, { name: string | null; bytes: number }>();
  for (const box of boxes) {
    if (box.freed || box.node === null) continue;
    for (const s of box.saved) {
      const input = s.input === null ? undefined : box.inputs.find((i) => i.input === s.input);
      const of = input ? (world.boxOf(input.id) ?? { name: null, dtype: box.dtype, shape: shapeOf(input.value) }) : box; // a number has no box
      const id = `${input?.id ?? box.id}@${s.version}`;
      const size = of.shape.reduce((a, b) => a * b, 1) * (SIZES[of.dtype] ?? 4);
      seen.set(id, { name: s.name ?? of.name, bytes: size });
    }
  }
  const all = [...seen.values()];
  const names = [...new Set(all.flatMap((k) => (k.name ? [k.name] : [])))];
  return { names, tensors: all.length, bytes: all.reduce((n, k) => n + k.bytes, 0) };
}
