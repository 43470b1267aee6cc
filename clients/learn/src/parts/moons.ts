// moons.ts - two moons: points in the plane that no straight line can tell apart. The same for every visit.
const EACH = 50;
const NOISE = 0.13;
export const REACH = 2; // the picture shows −REACH … REACH
export const CELLS = 28;

export interface Moon {
  x: number;
  y: number;
  label: 0 | 1;
}

/** Numerical Recipes' generator: −1 … 1. */
function noise(): () => number {
  let state = 2024;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

function make(): Moon[] {
  const next = noise();
  const round = (v: number): number => Math.round(v * 1000) / 1000;
  const moon = (i: number, label: 0 | 1): Moon => {
    const angle = (Math.PI * i) / (EACH - 1);
    const sign = label ? -1 : 1;
    const shake = (): number => NOISE * (next() + next() + next());
    return { x: round(sign * (Math.cos(angle) - 0.5) * 1.1 + shake()), y: round(sign * (Math.sin(angle) - 0.25) * 1.1 + shake()), label };
  };
  return ([0, 1] as const).flatMap((label) => Array.from({ length: EACH }, (_, i) => moon(i, label)));
}

export const MOONS = make();

/** The middles of the cells of the picture, row by row from the top. */
export const GRID: [number, number][] = Array.from({ length: CELLS * CELLS }, (_, i) => {
  const middle = (k: number): number => Number((((k + 0.5) / CELLS) * 2 * REACH - REACH).toFixed(4));
  return [middle(i % CELLS), -middle(Math.floor(i / CELLS))];
});
