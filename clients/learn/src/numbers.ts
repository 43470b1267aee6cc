// numbers.ts - elements of tensors: their shape, their order, and how they are written for people.
import type { Summary, Value } from './wire';

export const isSummary = (v: Value | null | undefined): v is Summary =>
  typeof v === 'object' && v !== null && !Array.isArray(v);

/** The shape of nested lists. */
export function shapeOf(v: Value): number[] {
  if (isSummary(v)) return v.shape;
  const shape: number[] = [];
  for (let at: Value | undefined = v; Array.isArray(at); at = at[0]) shape.push(at.length);
  return shape;
}

const RANKS = 64; // more than a tensor has dimensions

/** All elements in row-major order; none of a summary. */
export function elements(v: Value | null): (number | string | boolean)[] {
  if (v === null || isSummary(v)) return [];
  return Array.isArray(v) ? ((v as unknown[]).flat(RANKS) as (number | string | boolean)[]) : [v];
}

/** A tensor as rows and columns: the last dimension lies, all before it stand. */
export function grid(v: Value): { rows: number; columns: number; cells: (number | string | boolean)[] } {
  const shape = shapeOf(v);
  const cells = elements(v);
  const columns = shape.length ? (shape[shape.length - 1] ?? 1) : 1;
  return { rows: columns ? cells.length / columns : 0, columns, cells };
}

/** A few significant digits, without zeros that say nothing. */
export function short(x: number | string | boolean | undefined, digits = 4): string {
  if (x === undefined) return '';
  if (typeof x === 'boolean') return x ? 'True' : 'False';
  if (!Number.isFinite(Number(x))) return String(x).replace('-', '−').replace('Infinity', '∞');
  if (typeof x === 'string') return x;
  if (Number.isInteger(x) && Math.abs(x) < 1e6) return Object.is(x, -0) ? '−0' : String(x).replace('-', '−');
  const size = Math.abs(x);
  const text = size !== 0 && (size < 1e-3 || size >= 1e6) ? x.toExponential(Math.min(2, digits - 2)) : String(Number(x.toPrecision(digits)));
  return text.replaceAll('-', '−').replace('e+', 'e').replace(/\.?0+e/, 'e');
}

/** All digits that are known. */
export const exact = (x: number | string | boolean): string => (typeof x === 'number' ? (Object.is(x, -0) ? '-0' : String(x)) : short(x));

/** One line for any value. */
export function line(v: Value | null | undefined, most = 4): string {
  if (v === null || v === undefined) return 'None';
  if (isSummary(v)) {
    const size = `[${v.shape.join(', ')}]`;
    return v.mean === undefined ? size : `${size} ${short(v.min)} … ${short(v.max)}`;
  }
  const one = only(v);
  if (one !== null) return short(one);
  if (!Array.isArray(v)) return '';
  const shown = v.slice(0, most).map((x) => line(x, most));
  return `[${shown.join(', ')}${v.length > most ? ', …' : ''}]`;
}

/** The number of a tensor that holds one, whatever its dimensions; null of any other. */
export function only(v: Value | null | undefined): number | string | boolean | null {
  let at = v;
  while (Array.isArray(at) && at.length === 1) at = at[0];
  return at === null || at === undefined || typeof at === 'object' ? null : at;
}

export const isScalar = (v: Value | null | undefined): boolean => only(v) !== null;

/** The largest magnitude among the elements, which has the fullest colour; 0 where there is nothing to compare. */
export function extent(v: Value | null): number {
  let most = 0;
  if (elements(v).length < 2) return 0;
  for (const x of elements(v)) if (typeof x === 'number' && Math.abs(x) > most) most = Math.abs(x);
  return most;
}

/** The sum of tensors of one shape, to be shown while it is not yet complete; null if there is none to show. */
export function total(values: readonly Value[]): Value | null {
  const [first, ...rest] = values;
  if (first === undefined || values.some(isSummary)) return null;
  const add = (a: Value, b: Value): Value =>
    Array.isArray(a) && Array.isArray(b) ? a.map((x, i) => add(x, b[i] ?? 0)) : Number(a) + Number(b);
  return rest.reduce(add, first);
}

/** How wide a text is in columns of a fixed-width font: ideographs take two. */
export function columns(text: string): number {
  let n = 0;
  for (const c of text) n += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/u.test(c) ? 2 : 1;
  return n;
}
