// nudge.ts - a number one step further, written as it was before. The arithmetic is that of the digits: a float would
// lose some of them.
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?([eE][+-]?\d+)?$/;
const BASED = /^([+-]?)(0[xob][\da-f]+)$/i;
const FINE = 4; // digits behind the point: of a number with more, the later ones stay

/** How many digits behind the point the step is: that of the last one, but seen in the number. */
function placeOf(whole: string, fraction: string): number {
  const first = /^0*$/.test(whole) ? fraction.search(/[1-9]/) + 1 : 0;
  return Math.min(fraction.length, Math.max(FINE, first));
}

/** The number `by` steps further: whole numbers stay whole, floats get a digit, exponents stay. */
export function nudged(written: string, by: number): string {
  const plain = written.replace(/[_\s]/g, '');
  const based = BASED.exec(plain);
  if (based) return String((based[1] === '-' ? -1n : 1n) * BigInt(based[2]!) + BigInt(by));
  const [, sign = '', whole = '', point, exponent = ''] = NUMBER.exec(plain) ?? [];
  if (by === 0 || !(whole + (point ?? ''))) return written;
  if (point === undefined && !exponent) return String(BigInt(sign + whole) + BigInt(by));
  const fraction = (point ?? '').replace(/0+$/, '').padEnd(1, '0');
  const digits = fraction.length;
  const n = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`) + BigInt(by) * 10n ** BigInt(digits - placeOf(whole, fraction));
  const text = String(n < 0n ? -n : n).padStart(digits + 1, '0');
  return `${n < 0n ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}${exponent}`;
}
