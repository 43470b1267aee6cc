// math.tsx - formulas as MathML, from the LaTeX that the server tells derivatives in.
//
// The part of LaTeX that is read is what the op table is written in: fractions, roots, powers, indices, names, cases,
// and the symbols below. Names of arguments can be replaced, by what they are called in the script or by numbers.
import type { ComponentChildren, VNode } from 'preact';

export type Names = ReadonlyMap<string, string>;

const SYMBOLS: Record<string, string> = {
  partial: '∂', cdot: '·', times: '×', odot: '⊙', mapsto: '↦', colon: ':', top: '⊤', le: '≤', ge: '≥', ne: '≠', dots: '…', ldots: '…',
  sum: '∑', lfloor: '⌊', rfloor: '⌋', pi: 'π', sigma: 'σ', Phi: 'Φ', varphi: 'φ', lambda: 'λ', alpha: 'α', eta: 'η', to: '→',
};
const FUNCTIONS = new Set(['sin', 'cos', 'tan', 'sinh', 'cosh', 'tanh', 'ln', 'log', 'exp', 'max', 'min', 'arg']);
const IDENTIFIERS = new Set(['pi', 'sigma', 'Phi', 'varphi', 'lambda', 'alpha', 'eta']);

type Piece = VNode | string;

/** Brackets that do not grow: in MathML the word, which is not the absence of the attribute. */
export const FLAT = { stretchy: 'false' } as unknown as { stretchy: boolean };

class Reader {
  private at = 0;
  private readonly tokens: string[];
  constructor(
    text: string,
    private readonly names: Names,
  ) {
    this.tokens = text.match(/\\[a-zA-Z]+|\\.|[0-9]+(?:\.[0-9]+)?(?:e[+−-]?[0-9]+)?|[^\s]|\s+/gu) ?? [];
  }

  /** Everything up to a closing token. */
  row(...ends: string[]): Piece[] {
    const out: Piece[] = [];
    while (this.at < this.tokens.length && !ends.includes(this.tokens[this.at]!)) {
      const piece = this.scripted();
      if (piece !== null) out.push(piece);
    }
    this.at++;
    return out;
  }

  private scripted(): Piece | null {
    let base = this.atom();
    while (base !== null && (this.tokens[this.at] === '^' || this.tokens[this.at] === '_')) {
      const up = this.tokens[this.at++] === '^';
      const script = this.argument();
      base = up ? (<msup>{base}<mrow>{script}</mrow></msup>) : (<msub>{base}<mrow>{script}</mrow></msub>);
    }
    return base;
  }

  private argument(): Piece[] {
    if (this.tokens[this.at] !== '{') {
      const piece = this.atom();
      return piece === null ? [] : [piece];
    }
    this.at++;
    return this.row('}');
  }

  /** The characters of {…}, as they are. */
  private words(): string {
    let text = '';
    if (this.tokens[this.at] !== '{') return this.tokens[this.at++] ?? '';
    for (this.at++; this.at < this.tokens.length && this.tokens[this.at] !== '}'; this.at++)
      text += this.tokens[this.at]!.replace(/^\\(.)$/, '$1');
    this.at++;
    return text;
  }

  private name(text: string): Piece {
    const named = this.names.get(text) ?? text;
    return /^[−-]?[\d.]/.test(named) ? <Num text={named} /> : <mi>{named}</mi>;
  }

  private cases(): Piece {
    const rows: Piece[][][] = [[]];
    while (this.at < this.tokens.length) {
      const cell = this.row('&', '\\\\', '\\end');
      rows[rows.length - 1]!.push(cell);
      const ended = this.tokens[this.at - 1];
      if (ended === '\\\\') rows.push([]);
      if (ended !== '&' && ended !== '\\\\') break;
    }
    this.words();
    return (
      <mrow>
        <mo stretchy>{'{'}</mo>
        <mtable>{rows.map((cells) => <mtr>{cells.map((cell) => <mtd>{cell}</mtd>)}</mtr>)}</mtable>
      </mrow>
    );
  }

  private command(word: string): Piece | null {
    if (word === 'frac') {
      const top = this.argument();
      return <mfrac><mrow>{top}</mrow><mrow>{this.argument()}</mrow></mfrac>;
    }
    if (word === 'sqrt') return <msqrt>{this.argument()}</msqrt>;
    if (word === 'overline' || word === 'bar') return <mover accent><mrow>{this.argument()}</mrow><mo>¯</mo></mover>;
    if (word === 'mathrm') return this.name(this.words());
    if (word === 'operatorname') return <mi>{this.words()}</mi>;
    if (word === 'text') return <mtext>{this.words()}</mtext>;
    if (word === 'left' || word === 'right') return <mo>{(this.tokens[this.at++] ?? '').replace(/^\\/, '').replace('lfloor', '⌊').replace('rfloor', '⌋')}</mo>;
    if (word === 'begin') {
      this.words();
      return this.cases();
    }
    if (FUNCTIONS.has(word)) return <mi>{word}</mi>;
    const symbol = SYMBOLS[word];
    if (symbol && IDENTIFIERS.has(word)) return <mi>{symbol}</mi>;
    return symbol ? <mo>{symbol}</mo> : <mtext>{word}</mtext>;
  }

  private atom(): Piece | null {
    const token = this.tokens[this.at++];
    if (token === undefined || /^\s+$/.test(token)) return null;
    if (token === '{') return <mrow>{this.row('}')}</mrow>;
    if (/^\\[a-zA-Z]/.test(token)) return this.command(token.slice(1));
    if (token[0] === '\\') return token === '\\,' || token === '\\;' ? <mspace width="0.2em" /> : <mo>{token.slice(1)}</mo>;
    if (/^[0-9]/.test(token)) return <mn>{token}</mn>;
    if (/^\p{L}$/u.test(token)) return this.name(token);
    return <mo {...FLAT}>{token === '-' ? '−' : token}</mo>;
  }
}

const NONE: Names = new Map();

/** The inside of a formula, to stand in a larger one. */
export function tex(latex: string, names: Names = NONE): ComponentChildren {
  return new Reader(latex, names).row();
}

/** A number: one below zero stands in brackets where it is a factor. */
export function Num({ text, factor = false }: { text: string; factor?: boolean }): VNode {
  const size = text.replace(/^[−-]/, '');
  const number = size === text ? <mn>{text}</mn> : <mrow><mo>−</mo><mn>{size}</mn></mrow>;
  return factor && size !== text ? <mrow><mo {...FLAT}>(</mo>{number}<mo {...FLAT}>)</mo></mrow> : number;
}

/** The derivative of one thing by another. */
export function Partial({ of, by }: { of: string; by: string }): VNode {
  return (
    <mfrac>
      <mrow><mo>∂</mo><mi>{of}</mi></mrow>
      <mrow><mo>∂</mo><mi>{by}</mi></mrow>
    </mfrac>
  );
}

/** A formula. `block` sets it on a line of its own. */
export function Tex({ t, block = false, names }: { t: string; block?: boolean; names?: Names }): VNode {
  return <math display={block ? 'block' : 'inline'}>{tex(t, names)}</math>;
}
