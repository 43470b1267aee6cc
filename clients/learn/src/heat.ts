// heat.ts - numbers as colours: blue below zero, white at zero, orange above. Told apart by the colour-blind too.
import { signal } from '@preact/signals';

/** Whether the page is dark: zero is the colour of the paper. */
export const dark = signal(false);

const BELOW = [33, 102, 172];
const ABOVE = [200, 90, 20];
const PAPER = [255, 255, 255];
const NIGHT = [38, 44, 54];

function mixed(x: number | string | boolean, most: number): number[] {
  const zero = dark.value ? NIGHT : PAPER;
  const v = Number(x);
  const t = typeof x === 'boolean' ? Number(x) * 0.7 : most > 0 && v ? Math.min(1, Math.abs(v) / most) * 0.7 : 0;
  const end = v < 0 ? BELOW : ABOVE;
  return zero.map((z, i) => Math.round(z + (end[i]! - z) * t));
}

export function heat(x: number | string | boolean, most: number): string {
  return typeof x === 'string' ? 'url(#hatch)' : `rgb(${mixed(x, most).join(',')})`;
}

/** Ink that can be read on that colour: of black and white, the one that stands out more. */
export function inkOn(x: number | string | boolean, most: number): string {
  const [r, g, b] = mixed(typeof x === 'string' ? 0 : x, most).map((c) => (c / 255) ** 2.2);
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b! > 0.18 ? '#000' : '#fff';
}
