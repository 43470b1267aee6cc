// world.ts - what there is at one moment of a replay: boxes for tensors, the edges between them, names, gradients.
//
// A box is a tensor as one op made it. A tensor that is changed in place while the graph records gets a new box
// that follows from the old one; one that is changed outside the graph keeps its box and grows a version.
import type { Frame } from './replay';
import type { Edge, Input, NodeStep, Note, OpStep, Pass, Result, Saved, Span, Step, Value } from './wire';
import { shapeOf, short } from './numbers';

/** flow: a gradient goes back here. stop: it would have to, but the graph ends here. data: no gradient at all. */
export type LinkKind = 'flow' | 'stop' | 'data';
export interface Link {
  from: string;
  input: number;
  kind: LinkKind;
  local: { text: string; latex: string } | null;
}

export interface Box {
  key: string;
  id: number;
  born: number;
  name: string | null;
  kind: 'leaf' | 'op' | 'plain';
  /** What made it, in the words of the script: `w * 3`. */
  expression: string;
  op: string | null;
  gradFn: string | null;
  node: number | null;
  line: number | null;
  value: Value;
  shape: number[];
  dtype: string;
  version: number;
  requiresGrad: boolean;
  retains: boolean;
  saved: Saved[];
  freed: boolean;
  links: Link[];
  inputs: Input[];
  attributes: Record<string, unknown>;
  numbers: Span[] | null;
  /** .grad; null is None. */
  grad: Value | null;
  /** What has arrived in the pass under way, by consumer, and their sum once it is known. */
  arrived: { from: string; value: Value }[];
  incoming: Value | null;
}

const INFIX: Record<string, string> = {
  add: '+', sub: '−', mul: '×', div: '/', matmul: '@', mm: '@', mv: '@', pow: '**', eq: '==', ne: '!=', gt: '>', lt: '<', ge: '>=', le: '<=',
};

/** A number that stands for itself: no box is drawn for it. */
const isBare = (v: Value | undefined): v is number | string | boolean => v !== undefined && typeof v !== 'object';

/** How an input is written: its name, a number, or a dot for something without a name. */
export function label(box: Box | undefined, input?: Input): string {
  if (box?.name) return box.name;
  if (box) return box.expression.length <= 14 ? `(${box.expression})` : '(…)';
  const v = input?.value;
  return typeof v === 'number' ? String(v) : isBare(v) ? short(v) : (input?.name ?? '·');
}

export class World {
  boxes = new Map<string, Box>();
  /** By tensor id: the key of its newest box. */
  private tensors = new Map<number, string>();
  /** By graph node: the keys of the boxes that it made, one for each of its results; '' for none. */
  private nodes = new Map<number, readonly string[]>();
  /** Names of Python, and the tensors they stand for. */
  names = new Map<string, number>();
  /** The tensor whose gradient a tensor is. */
  private owners = new Map<number, number>();
  /** Of a tensor that has the elements of others: the first one that had them. */
  private families = new Map<number, number>();
  output = '';
  frame: Frame | null = null;
  line: number | null = null;
  count = 0;
  pass: Pass | null = null;
  /** Keys of the boxes that the last frame concerns. */
  touched = new Set<string>();
  /** Those of the last frame that concerned any. */
  recent = new Set<string>();
  /** Keys of the boxes that have lost their name in the last frame. */
  lost: string[] = [];

  copy(): World {
    const w = new World();
    w.boxes = new Map(this.boxes);
    w.tensors = new Map(this.tensors);
    w.nodes = new Map(this.nodes);
    w.names = new Map(this.names);
    w.owners = new Map(this.owners);
    w.families = new Map(this.families);
    w.output = this.output;
    w.frame = this.frame;
    w.line = this.line;
    w.count = this.count;
    w.pass = this.pass;
    w.touched = this.touched;
    w.recent = this.recent;
    return w;
  }

  boxOf(tensor: number): Box | undefined {
    return this.boxes.get(this.tensors.get(tensor) ?? '') ?? this.ownerOf(tensor);
  }
  boxOfNode(node: number | null, output = 0): Box | undefined {
    return node === null ? undefined : this.boxes.get(this.nodes.get(node)?.[output] ?? '');
  }
  /** What has arrived at a node: for each of its results that has got some, its box and the gradient. */
  arrivals(step: NodeStep): { box: Box; value: Value }[] {
    const keys = this.nodes.get(step.node) ?? [];
    const values = keys.length > 1 && Array.isArray(step.incoming) ? step.incoming : [step.incoming as Value];
    return keys.flatMap((key, i) => {
      const [box, value] = [this.boxes.get(key), values[i] ?? null];
      return box && value !== null ? [{ box, value }] : [];
    });
  }
  private made(node: number, output: number, key: string): void {
    const keys = [...(this.nodes.get(node) ?? [])];
    while (keys.length <= output) keys.push('');
    keys[output] = key;
    this.nodes.set(node, keys);
  }
  private ownerOf(tensor: number): Box | undefined {
    const owner = this.owners.get(tensor);
    return owner === undefined ? undefined : this.boxes.get(this.tensors.get(owner) ?? '');
  }
  isGrad(tensor: number): boolean {
    return this.owners.has(tensor);
  }
  isNamed(box: Box): boolean {
    return box.name !== null && this.names.get(box.name) === box.id && this.tensors.get(box.id) === box.key;
  }

  private change(key: string | undefined, part: Partial<Box>): void {
    const box = key === undefined ? undefined : this.boxes.get(key);
    if (!box) return;
    this.boxes.set(box.key, { ...box, ...part });
    this.touched.add(box.key);
  }

  apply(frame: Frame): void {
    this.touched = new Set();
    this.lost = [];
    this.frame = frame;
    this.line = frame.line ?? this.line;
    this.count++;
    if (frame.step) this.applyStep(frame.step, frame);
    for (const note of frame.notes) this.applyNote(note);
    if (frame.ends && frame.pass) this.endPass(frame.pass);
    if (frame.failed) {
      for (const input of frame.failed.inputs ?? []) this.touch(this.boxOf(input.id));
      for (const root of frame.failed.roots ?? []) this.touch(this.boxOf(root.id));
      this.touch(this.boxOfNode(frame.failed.node ?? null));
      if (frame.failed.saved?.id) this.touch(this.boxOf(frame.failed.saved.id));
    }
    if (this.touched.size) this.recent = this.touched;
  }

  private touch(box: Box | undefined): void {
    if (box) this.touched.add(box.key);
  }

  private applyStep(step: Step, frame: Frame): void {
    if (step.phase === 'backward' && frame.pass && frame.pass !== this.pass) this.beginPass(frame.pass);
    switch (step.kind) {
      case 'op': return this.applyOp(step);
      case 'node': {
        const arrivals = this.arrivals(step);
        for (const { box, value } of arrivals) this.change(box.key, { incoming: value });
        for (const edge of step.edges) this.arrive(edge, arrivals[0]?.box.key ?? '');
        return;
      }
      default: {
        const box = step.tensor !== undefined ? this.boxOf(step.tensor) : this.boxOfNode(step.node);
        if (!box) return;
        if (step.grad !== undefined && step.tensor !== undefined) this.owners.set(step.grad, step.tensor);
        if (step.kind === 'capture') this.change(box.key, { incoming: step.incoming });
        else this.change(box.key, { incoming: step.incoming, grad: step.grad_after });
      }
    }
  }

  private familyOf = (tensor: number): number => this.families.get(tensor) ?? tensor;

  /** The names of the other tensors that have the same elements. */
  sharing(box: Box): string[] {
    return [...this.names].flatMap(([name, id]) => (id !== box.id && this.familyOf(id) === this.familyOf(box.id) ? [name] : []));
  }

  private arrive(edge: Edge, from: string): void {
    const target = this.boxOfNode(edge.to, edge.output);
    if (!target || edge.contribution === null) return;
    this.change(target.key, { arrived: [...target.arrived, { from, value: edge.contribution }] });
  }

  private beginPass(pass: Pass): void {
    this.pass = pass;
    for (const box of this.boxes.values())
      if (box.arrived.length || box.incoming !== null) this.boxes.set(box.key, { ...box, arrived: [], incoming: null });
    for (const root of pass.roots) {
      const box = this.boxOf(root.id) ?? this.boxOfNode(root.node);
      if (!box) continue;
      if (!this.nodes.has(root.node)) this.made(root.node, 0, box.key);
      this.change(box.key, { arrived: [{ from: '', value: root.seed }] });
    }
  }

  private endPass(pass: Pass): void {
    for (const key of pass.freed.flatMap((node) => this.nodes.get(node) ?? [])) {
      const box = this.boxes.get(key);
      if (box && !box.freed) this.boxes.set(key, { ...box, freed: true });
    }
  }

  private make(id: number, part: Partial<Box> & { value: Value }): Box {
    const key = `t${id}.${this.count}`;
    const box: Box = {
      key, id, born: this.count, name: null, kind: 'plain', expression: '', op: null, gradFn: null, node: null, line: this.line,
      shape: shapeOf(part.value), dtype: 'float32', version: 0, requiresGrad: false, retains: false, saved: [], freed: false,
      links: [], inputs: [], attributes: {}, numbers: null, grad: null, arrived: [], incoming: null, ...part,
    };
    this.boxes.set(key, box);
    this.tensors.set(id, key);
    this.touched.add(key);
    return box;
  }

  /** The box of an input; one that nobody has seen yet is a number of the source or was there before. */
  private inputBox(input: Input): Box | undefined {
    const known = this.boxOf(input.id);
    if (known) {
      this.touch(known);
      return known;
    }
    if (!input.name && isBare(input.value)) return undefined;
    if (input.name) this.names.set(input.name, input.id);
    const box = this.make(input.id, {
      name: input.name, kind: !input.requires_grad ? 'plain' : input.is_leaf === false ? 'op' : 'leaf', value: input.value,
      version: input.version, requiresGrad: input.requires_grad, node: input.node, gradFn: input.grad_fn ?? null,
      shape: input.shape ?? shapeOf(input.value), dtype: input.dtype ?? 'float32',
    });
    if (input.node !== null) this.made(input.node, 0, box.key);
    return box;
  }

  private expressionOf(step: OpStep, boxes: (Box | undefined)[]): string {
    const words = step.inputs.map((input, i) =>
      this.isGrad(input.id) ? `${label(boxes[i])}.grad` : label(boxes[i], input));
    const name = step.op.replace(/_$/, '');
    const sign = INFIX[name];
    if (sign && words.length === 2) return `${words[0]} ${step.inplace ? `${sign}= ` : `${sign} `}${words[1]}`;
    if (name === 'neg' && words.length === 1) return `−${words[0]}`;
    const extra = Object.entries(step.attributes)
      .filter(([, v]) => typeof v === 'number' || (Array.isArray(v) && v.length > 0))
      .map(([k, v]) => (k === 'exponent' || k === 'other' ? String(v) : `${k}=${JSON.stringify(v)}`));
    if (sign && words.length === 1 && extra.length === 1) return `${words[0]} ${sign} ${extra[0]!.replace(/^\w+=/, '')}`;
    return `${step.op}(${[...words, ...extra].join(', ')})`;
  }

  private applyOp(step: OpStep): void {
    const boxes = step.inputs.map((input) => this.inputBox(input));
    const flows = new Map(step.edges.map((e) => [e.input, e]));
    const links: Link[] = [];
    const base = step.rewritten && this.boxOf(step.rewritten.id);
    step.inputs.forEach((input, i) => {
      const from = input.input === 0 && base ? base : boxes[i]; // a view hands its history over to its base
      if (!from) return;
      const edge = flows.get(input.input);
      if (edge && !this.isGrad(input.id)) this.made(edge.to, edge.output ?? 0, from.key);
      const stops = input.requires_grad && !edge;
      links.push({ from: from.key, input: input.input, kind: edge ? 'flow' : stops ? 'stop' : 'data', local: edge?.local ?? null });
    });
    const expression = this.expressionOf(step, boxes);
    if (step.node !== null) this.nodes.set(step.node, step.results.map(() => ''));
    if (step.rewritten) this.applyResult(step, step.rewritten, 0, links, expression);
    step.results.forEach((result, i) => this.applyResult(step, result, i, links, expression));
  }

  private applyResult(step: OpStep, result: Result, output: number, links: Link[], expression: string): void {
    const was = this.boxes.get(this.tensors.get(result.id) ?? '');
    if (result.shares !== undefined) this.families.set(result.id, this.familyOf(result.shares));
    const shared = { value: result.value, version: result.version, requiresGrad: result.requires_grad };
    if (this.isGrad(result.id)) {
      const owner = this.ownerOf(result.id);
      if (owner) this.change(owner.key, { grad: result.value });
      return;
    }
    if (result.base !== undefined) return this.follow(result.id, { value: result.value, version: result.version }, result.base, result.grad_fn ?? '');
    const recorded = result.requires_grad && !result.is_leaf; // of several results, some may take no gradient
    if (was && step.inplace && step.node === null) return this.change(was.key, shared);
    const box = this.make(result.id, {
      ...shared, name: result.name, kind: result.is_leaf ? (result.requires_grad ? 'leaf' : 'plain') : 'op', expression,
      op: step.op, gradFn: recorded ? step.grad_fn : null, node: recorded ? step.node : null, shape: result.shape, dtype: result.dtype, saved: step.saved ?? [],
      links, inputs: step.inputs, attributes: step.attributes, retains: was?.retains ?? false, grad: was?.grad ?? null,
    });
    if (box.node !== null) this.made(box.node, output, box.key);
    if (box.name) this.names.set(box.name, box.id);
    if (was) this.unname(was);
  }

  /** A view whose base was written: from now on its history is a window of the base's, in a box of its own. */
  private follow(id: number, now: { value: Value; version: number }, base: number, gradFn: string): void {
    const was = this.boxes.get(this.tensors.get(id) ?? '');
    const of = this.boxOf(base);
    if (!was || (was.gradFn === gradFn && was.links[0]?.from === of?.key)) return this.change(was?.key, now);
    this.make(id, {
      ...now, name: was.name, kind: 'op', expression: `as_strided(${label(of)})`, op: 'as_strided', gradFn, shape: was.shape, dtype: was.dtype,
      requiresGrad: true, retains: was.retains, grad: was.grad, links: of ? [{ from: of.key, input: 0, kind: 'flow', local: null }] : [],
    });
    this.unname(was);
  }

  private applyNote(note: Note): void {
    switch (note.kind) {
      case 'tensor':
        this.make(note.id, {
          name: note.name, kind: note.requires_grad ? 'leaf' : 'plain', value: note.value, shape: note.shape, dtype: note.dtype,
          requiresGrad: note.requires_grad, numbers: note.numbers ?? null,
        });
        if (note.name) this.names.set(note.name, note.id);
        return;
      case 'print': this.output += note.text; return;
      case 'name': return this.bind(note.name, note.id);
      case 'grad': {
        if (note.grad !== null) this.owners.set(note.grad, note.id);
        return this.change(this.tensors.get(note.id), { grad: note.value, incoming: null, arrived: [] }); // the pass is over
      }
      case 'flags': {
        const box = this.boxOf(note.id);
        const kind = note.is_leaf ? (note.requires_grad ? 'leaf' : 'plain') : 'op';
        const history = note.is_leaf ? { gradFn: null, node: null, links: [] } : {};
        return this.change(box?.key, { requiresGrad: note.requires_grad, retains: note.retains_grad, kind, ...history });
      }
      case 'data':
        if (note.base !== undefined) return this.follow(note.id, { value: note.value, version: note.version }, note.base, note.grad_fn ?? '');
        return this.change(this.tensors.get(note.id), { value: note.value, version: note.version, shape: shapeOf(note.value) });
      default: return;
    }
  }

  /** The box has not its name any more; if Python has another for the tensor, that is its name now. */
  private unname(box: Box): void {
    const newest = this.tensors.get(box.id) === box.key;
    const other = newest ? [...this.names].find(([, id]) => id === box.id)?.[0] : undefined;
    this.boxes.set(box.key, { ...box, name: other ?? null });
    if (other === undefined) this.lost.push(box.key);
  }

  private bind(name: string, id: number | null): void {
    const old = this.names.get(name);
    if (id === null) this.names.delete(name);
    else this.names.set(name, id);
    const was = old === undefined || old === id || this.isGrad(old) ? undefined : this.boxOf(old);
    if (was?.name === name) this.unname(was);
    if (id === null || this.isGrad(id)) return;
    const box = this.boxes.get(this.tensors.get(id) ?? '');
    if (box && (box.name === null || this.names.get(box.name) !== id)) this.change(box.key, { name });
  }
}
