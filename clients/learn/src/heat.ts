// heat.ts - numbers as colours: blue below zero, white at zero, orange above. Told apart by the colour-blind too.
import { signal } from '@preact/signals';

/** Whether the page is dark: zero is the colour of the paper. */
export const dark = signal(false);

const BELOW = [33, 102, 172];
const ABOVE = [200, 90, 20];
const PAPER = [255, 255, 255];
const NIGHT = [38, 44, 54];

type Rgb = [number, number, number];

function colourOf(x: number | boolean, most: number): Rgb {
  const n = Number(x);
  const t = most > 0 ? Math.min(1, Math.abs(n) / most) * 0.7 : 0;
  const zero = dark.value ? NIGHT : PAPER;
  const end = n < 0 ? BELOW : ABOVE;
  return zero.map((z, i) => Math.round(z + (end[i]! - z) * t)) as Rgb;
}

/** Numbers that are none, nan and the infinities, are hatched; in a picture with a pattern that it has to define. */
export function heat(x: number | string | boolean, most: number, hatch = 'url(#hatch)'): string {
  if (typeof x === 'string') return hatch;
  return `rgb(${colourOf(x, typeof x === 'boolean' ? 1 : most).join(',')})`;
}
export const HATCH = ['#ccc', '#a0a0a0'] as const;
export const HATCHED = `repeating-linear-gradient(45deg, ${HATCH[0]} 0 3px, ${HATCH[1]} 3px 6px)`;

const LIGHT_INK = '#fff';
const DARK_INK = '#000';
/** Where white and black are read equally well: relative luminance, as WCAG has it. */
const EVEN = 0.179;

/** Ink that can be read on that colour. */
export function inkOn(x: number | string | boolean, most: number): string {
  if (typeof x === 'string') return DARK_INK;
  const [r, g, b] = colourOf(x, typeof x === 'boolean' ? 1 : most).map((c) => {
    const v = c / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < EVEN ? LIGHT_INK : DARK_INK;
}
