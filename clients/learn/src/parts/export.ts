// export.ts - the picture as SVG, PNG or DOT.
import { line } from '../numbers';
import { scene, whole } from '../scene';
import type { Box } from '../world';

function download(name: string, data: Blob): void {
  const a = document.createElement('a');
  a.href = URL.createObjectURL(data);
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
}

// As attributes: a style attribute is against the page's policy.
const KEPT = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'opacity', 'text-anchor', 'font-family', 'font-size', 'font-weight'];

const frame = (): Promise<unknown> => new Promise(requestAnimationFrame);

/** The drawing, all of it: on the page only what is in sight is drawn of a large one. */
async function standalone(): Promise<Drawing | null> {
  whole.value = true;
  await frame();
  await frame();
  try {
    return styled();
  } finally {
    whole.value = false;
  }
}

interface Drawing {
  text: string;
  w: number;
  h: number;
}

/** With its style written into it, so that it looks the same elsewhere. */
function styled(): Drawing | null {
  const svg = document.querySelector<SVGSVGElement>('svg.graph');
  const p = scene.value?.picture;
  if (!svg || !p) return null;
  const made = svg.cloneNode(true) as SVGSVGElement;
  const from = svg.querySelectorAll('*');
  made.querySelectorAll('*').forEach((el, i) => {
    const style = getComputedStyle(from[i]!);
    for (const name of KEPT) el.setAttribute(name, style.getPropertyValue(name));
    for (const name of ['class', 'tabindex', 'role', 'data-key', 'aria-label', 'aria-roledescription']) el.removeAttribute(name);
  });
  const paper = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  paper.setAttribute('width', String(p.w));
  paper.setAttribute('height', String(p.h));
  paper.setAttribute('fill', getComputedStyle(document.body).backgroundColor);
  made.prepend(paper);
  made.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  made.setAttribute('width', String(p.w));
  made.setAttribute('height', String(p.h));
  return { text: new XMLSerializer().serializeToString(made), w: p.w, h: p.h };
}

export async function saveSvg(): Promise<void> {
  const s = await standalone();
  if (s) download('gradd.svg', new Blob([s.text], { type: 'image/svg+xml' }));
}

const SIDE = 16_000; // pixels that a browser has for a picture, in one direction
const AREA = 2 ** 27; // and in all

/** Twice as large as on the page, or as large as can be; what is too large even so is saved as SVG. */
export async function savePng(): Promise<void> {
  const s = await standalone();
  if (!s) return;
  const z = Math.min(2, SIDE / s.w, SIDE / s.h, Math.sqrt(AREA / (s.w * s.h)));
  const instead = (): void => download('gradd.svg', new Blob([s.text], { type: 'image/svg+xml' }));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(s.text)}`;
  try {
    await image.decode();
  } catch {
    return instead();
  }
  const canvas = document.createElement('canvas');
  canvas.width = Math.floor(s.w * z);
  canvas.height = Math.floor(s.h * z);
  const g = canvas.getContext('2d');
  if (!g) return instead();
  g.scale(z, z);
  g.drawImage(image, 0, 0);
  canvas.toBlob((blob) => (blob ? download('gradd.png', blob) : instead()), 'image/png');
}

/** A language of diagrams: how it writes a box, given what stands in it line by line, and a line between two. */
interface Diagram {
  head: string;
  box: (id: string, box: Box, rows: string[]) => string;
  line: (from: string, to: string, flows: boolean) => string;
  tail: string;
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
const DOT: Diagram = {
  head: 'digraph gradd {\n  rankdir=LR;\n  node [fontname="monospace"];',
  box: (id, box, rows) => {
    const shape = { leaf: 'box, style="rounded,bold"', op: 'box', plain: 'box, style=dashed' }[box.kind];
    return `  ${id} [shape=${shape}, label=${quoted(rows.join('\n'))}];`;
  },
  line: (from, to, flows) => `  ${from} -> ${to}${flows ? '' : ' [style=dashed, color=gray]'};`,
  tail: '}\n',
};

/** Mermaid takes HTML in its labels: what could be read as markup is written as entities. */
const safe = (text: string): string => text.replace(/[^\p{L}\p{N} ,.=+−-]/gu, (c) => `#${c.codePointAt(0)};`);
const MERMAID: Diagram = {
  head: 'flowchart LR',
  box: (id, box, rows) => {
    const [open, close] = box.kind === 'leaf' ? ['([', '])'] : ['[', ']'];
    return `  ${id}${open}"${rows.map(safe).join('<br>')}"${close}`;
  },
  line: (from, to, flows) => `  ${from} ${flows ? '-->' : '-.->'} ${to}`,
  tail: '',
};

function written(diagram: Diagram): string {
  const boxes = scene.value?.boxes ?? [];
  const at = new Map(boxes.map((b, i) => [b.key, `n${i}`]));
  const rows = (b: Box): string[] => [
    [b.name, b.expression].filter(Boolean).join(' = '), `${b.dtype}[${b.shape.join(', ')}] ${line(b.value)}`, b.gradFn ?? '',
    b.grad === null ? '' : `grad ${line(b.grad)}`,
  ];
  const nodes = boxes.map((b) => diagram.box(at.get(b.key)!, b, rows(b).filter(Boolean)));
  const lines = boxes.flatMap((b) =>
    b.links.flatMap((l) => (at.has(l.from) ? [diagram.line(at.get(l.from)!, at.get(b.key)!, l.kind === 'flow')] : [])));
  return `${[diagram.head, ...nodes, ...lines].join('\n')}\n${diagram.tail}`;
}

export function saveMermaid(): void {
  download('gradd.mmd', new Blob([written(MERMAID)], { type: 'text/vnd.mermaid' }));
}

export function saveDot(): void {
  download('gradd.dot', new Blob([written(DOT)], { type: 'text/vnd.graphviz' }));
}

/** Onto the clipboard; where there is none, as over plain HTTP, into a file. */
export async function copy(): Promise<void> {
  try {
    await navigator.clipboard.writeText(written(DOT));
  } catch {
    saveDot();
  }
}

