// heat.ts - numbers as colours: blue below zero, white at zero, orange above. Told apart by the colour-blind too.
import { signal } from '@preact/signals';

/** Whether the page is dark: zero is the colour of the paper. */
export const dark = signal(false);

const BELOW = [33, 102, 172];
const ABOVE = [200, 90, 20];
const PAPER = [255, 255, 255];
const NIGHT = [38, 44, 54];

export function heat(x: number | string | boolean, most: number): string {
  if (typeof x === 'boolean') return heat(x ? 1 : 0, 1);
  if (typeof x === 'string') return 'url(#hatch)';
  const t = most > 0 ? Math.min(1, Math.abs(x) / most) * 0.7 : 0;
  const zero = dark.value ? NIGHT : PAPER;
  const end = x < 0 ? BELOW : ABOVE;
  return `rgb(${zero.map((z, i) => Math.round(z + (end[i]! - z) * t)).join(',')})`;
}

/** Ink that can be read on that colour. */
export function inkOn(x: number | string | boolean, most: number): string {
  if (dark.value) return '#fff';
  const t = typeof x === 'number' && most > 0 ? Math.abs(x) / most : 0;
  return t > 0.75 && typeof x === 'number' && x < 0 ? '#fff' : '#16202b';
}
