// explain.tsx - what happened at the moment shown: for an op what it computes and records, for a backward step the
// chain rule of each of its edges, as a formula and with the numbers put in.
import type { ComponentChildren, VNode } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { words } from '../i18n';
import { FLAT, Num, Partial, tex, type Names } from '../math';
import { isScalar, line, shapeOf } from '../numbers';
import { at, replay, source, world } from '../state';
import type { Edge, GradStep, Input, NodeStep, OpStep, Value } from '../wire';
import { label, type Box, type World } from '../world';
import { ErrorCard } from './error-card';
import { HeatTable } from './heat-table';

/** The names of an op's arguments, by position: `self`, `other`, as the derivatives call them. */
function argumentsOf(inputs: readonly Input[], edges: readonly { input: number; local: Edge['local'] }[]): Map<number, string> {
  const names = new Map<number, string>();
  for (const i of inputs) if (i.argument) names.set(i.input, i.argument);
  for (const e of edges) {
    const found = /\\partial \\mathrm\{((?:[^{}\\]|\\_)*)\}\}/.exec(e.local?.latex ?? '');
    if (found) names.set(e.input, found[1]!.replaceAll('\\_', '_'));
  }
  return names;
}

/** What stands after the sign in `∂y/∂self = other`; null for a rule that is no factor. */
function factor(latex: string): string | null {
  const at_ = latex.indexOf(' = ');
  return latex.includes('\\mapsto') || at_ < 0 ? null : latex.slice(at_ + 3);
}
const rule = (latex: string): string => latex.slice(latex.indexOf('\\colon') + 6);

interface Local {
  symbols: Names;
  numbers: Names;
  /** All numbers are there: the formula can be shown with them put in. */
  whole: boolean;
}

/** What the names in a local derivative stand for: what the script calls them, and their numbers. */
function standFor(box: Box, w: World): Local {
  const symbols = new Map<string, string>();
  const numbers = new Map<string, string>();
  let whole = isScalar(box.value);
  const called = argumentsOf(box.inputs, box.links);
  for (const input of box.inputs) {
    const name = called.get(input.input);
    if (!name) continue;
    const link = box.links.find((l) => l.input === input.input); // to what the tensor was then: it may have been written since
    const from = (link && w.boxes.get(link.from)) ?? w.boxOf(input.id);
    symbols.set(name, w.isGrad(input.id) ? `${label(from)}.grad` : label(from, input));
    if (isScalar(input.value)) numbers.set(name, line(input.value));
    else whole = false;
  }
  for (const [name, v] of Object.entries(box.attributes)) {
    if (typeof v !== 'number') continue;
    symbols.set(name, line(v));
    numbers.set(name, line(v));
  }
  symbols.set('y', label(box));
  numbers.set('y', line(box.value));
  const n = box.inputs[0] ? String(countOf(box.inputs[0].value)) : '';
  if (n && box.op !== 'cat' && !symbols.has('n')) {
    symbols.set('n', n);
    numbers.set('n', n);
  }
  return { symbols, numbers, whole };
}

function countOf(v: Value): number {
  return shapeOf(v).reduce((a, b) => a * b, 1);
}

/** A line that scrolls where it is too long; then, and only then, it is a stop of the Tab key. */
function Long({ children }: { children: ComponentChildren }): VNode {
  const item = useRef<HTMLLIElement>(null);
  const [scrolls, setScrolls] = useState(false);
  useLayoutEffect(() => {
    const { scrollWidth, clientWidth } = item.current!;
    setScrolls(scrollWidth > clientWidth);
  });
  return <li ref={item} {...(scrolls ? { tabIndex: 0 } : {})}>{children}</li>;
}

interface RuleProps {
  edge: Edge;
  /** The results of the node that a gradient has come to, and what has come; at least one. */
  arrivals: { box: Box; value: Value }[];
  target: Box | undefined;
  w: World;
  root: string;
}

function EdgeRule({ edge, arrivals, target, w, root }: RuleProps): VNode {
  const { box, value: incoming } = arrivals[0]!;
  const of = standFor(box, w);
  const to = label(target);
  const latex = edge.local?.latex ?? '';
  const times = latex ? factor(latex) : null;
  const out = label(box);
  const scalars = arrivals.length === 1 && isScalar(incoming) && isScalar(edge.contribution);
  const others = target ? uses(target) > 1 : false;
  return (
    <Long>
      <p class="to"><span class="swatch" aria-hidden="true" />{words.value.toward(to)}</p>
      <math display="block">
        <Partial of={root} by={to} />
        <mo>{others ? '+=' : '='}</mo>
        {times !== null ? (
          <><Partial of={root} by={out} /><mo>·</mo><Partial of={out} by={to} /><mo>=</mo><Partial of={root} by={out} /><mo>·</mo><mrow class="local">{wrapped(times, of.symbols)}</mrow></>
        ) : (
          <>{tex(rule(latex) || 'g', new Map([...of.symbols, ['g', `∂${root}/∂${out}`]]))}</>
        )}
        {scalars && times !== null && of.whole && (
          <><mo>=</mo><Num text={line(incoming)} factor /><mo>·</mo><mrow class="local">{wrapped(times, of.numbers)}</mrow><mo>=</mo><mrow class="result"><Num text={line(edge.contribution)} /></mrow></>
        )}
      </math>
      {!(scalars && of.whole) && edge.contribution !== null && (
        <div class="product">{arrivals.map((a) => <HeatTable key={a.box.key} v={a.value} name={`∂${root}/∂${label(a.box)}`} />)}<span aria-hidden="true">→</span><HeatTable v={edge.contribution} name={`∂${root}/∂${to}`} /></div>
      )}
      {target && isBroadcast(box, target) && <p class="hint">{words.value.summedDown(box.shape, target.shape)}</p>}
    </Long>
  );
}

/** How often a gradient can come to this box: once from each use of it that is there now. */
function uses(of: Box): number {
  const r = replay.value;
  const now = at.value;
  const there = (b: Box): boolean => b.born <= now && (r?.dies.get(b.key) ?? 0) >= now;
  return (r?.scene(now).boxes ?? []).reduce((n, b) => n + (there(b) ? b.links.filter((l) => l.from === of.key && l.kind === 'flow').length : 0), 0);
}

const isBroadcast = (box: Box, target: Box): boolean =>
  ['add', 'sub', 'mul', 'div', 'add_', 'sub_', 'mul_', 'div_'].includes(box.op ?? '') && target.shape.join() !== box.shape.join();

/** A sum that is a factor stands in brackets. */
function wrapped(latex: string, names: Names): VNode {
  const inner = <>{tex(latex, names)}</>;
  const number = /^\\mathrm\{[^}]*\}$/.test(latex) && /^[−-]/.test(names.get(latex.slice(8, -1).replaceAll('\\_', '_')) ?? '');
  return (/ [+-] /.test(latex) && !latex.startsWith('\\begin')) || /^-/.test(latex) || number ? <mrow><mo {...FLAT}>(</mo>{inner}<mo {...FLAT}>)</mo></mrow> : inner;
}

function NodeBody({ step, w }: { step: NodeStep; w: World }): VNode | null {
  const arrivals = w.arrivals(step);
  const t = words.value;
  if (!arrivals.length) return <p>{step.grad_fn}</p>;
  const root = w.pass?.roots[0]?.name ?? label(w.boxOfNode(w.pass?.roots[0]?.node ?? null));
  return (
    <>
      {arrivals.map(({ box, value }) => (
        <p key={box.key}>{t.arrives(root, label(box))} {isScalar(value) && <strong class="flow">{line(value)}</strong>}{box.arrived.length > 1 && <> {t.sumOf(box.arrived.map((a) => line(a.value, 2)))}</>}</p>
      ))}
      <ul class="rules">{step.edges.map((e) => <EdgeRule key={e.input} edge={e} arrivals={arrivals} target={w.boxOfNode(e.to, e.output)} w={w} root={root} />)}</ul>
      <Over w={w} />
    </>
  );
}

function GradBody({ step, w }: { step: GradStep; w: World }): VNode {
  const t = words.value;
  const box = step.tensor !== undefined ? w.boxOf(step.tensor) : w.boxOfNode(step.node);
  const name = step.name ?? label(box);
  const terms = box && box.arrived.length > 1 ? box.arrived.map((a) => line(a.value, 2)) : [];
  if (step.kind === 'capture') return <><p>{t.captured(name)} <strong class="flow">{line(step.incoming)}</strong></p><Over w={w} /></>;
  return (
    <>
      {terms.length > 0 && <p>{t.sumOf(terms)} = {line(step.incoming, 2)}</p>}
      <p>{step.kind === 'retain' ? t.retained(name) : step.grad_before === null ? t.firstGrad(name) : t.addedGrad(name)}</p>
      <p class="sum"><code>{name}.grad</code>: {line(step.grad_before)} {step.grad_before !== null && <>+ {line(step.incoming)} </>}→ <strong class="flow">{line(step.grad_after)}</strong></p>
      <Over w={w} />
    </>
  );
}

/** What has become of the graph, where a pass ends. */
function Over({ w }: { w: World }): VNode | null {
  const pass = w.frame?.ends ? w.frame.pass : null;
  return pass && <p class="hint">{pass.retain_graph ? words.value.graphKept : words.value.graphFreed(pass.freed.length)}</p>;
}

function OpBody({ step, w }: { step: OpStep; w: World }): VNode {
  const t = words.value;
  const made = step.rewritten ?? step.results[0];
  const box = made && w.boxOf(made.id);
  const first = step.results[0];
  const owner = label(first && w.boxOf(first.id));
  const written = first && w.isGrad(first.id) ? `${owner}.grad` : owner; // what an in-place op writes
  const stopped = step.inputs.filter((i) => i.requires_grad && !step.edges.some((e) => e.input === i.input));
  const saves = (step.saved ?? []).map((s) => `${s.name ?? (s.output !== null ? label(box) : '·')} (v${s.version})`);
  const of = box && standFor(box, w);
  return (
    <>
      <p>{step.inplace ? t.inPlace(written, step.results[0]?.version ?? 0) : t.computes} <strong>{line(step.results[0]?.value)}</strong></p>
      {step.node !== null && step.grad_fn && <p>{t.records(step.grad_fn)}{saves.length > 0 && <> {t.saves(saves.join(', '))}</>}</p>}
      {of && step.edges.length > 0 && (
        <ul class="rules short">
          {step.edges.map((e) => e.local && <Long key={e.input}><math>{tex(e.local.latex, of.symbols)}</math></Long>)}
        </ul>
      )}
      {stopped.length > 0 && <p class="stopline">{step.op === 'detach' ? t.detached : step.grad_mode === false ? t.notRecorded : t.noDerivative(step.op, stopped.map((i) => label(w.boxOf(i.id), i)))}</p>}
      {step.rewritten && <p class="hint">{t.rewritten(written, label(box))}</p>}
      {step.view && <p class="hint">{t.isView}</p>}
    </>
  );
}

/** The heading of the moment shown; also what the slider says. */
export function caption(): string {
  const t = words.value;
  const w = world.value;
  const frame = at.value > 0 ? w?.frame : null;
  if (!w || !frame) return replay.value ? t.atStart : t.runFirst;
  const where = frame.line ? `${t.lineN(frame.line)} · ` : '';
  const step = frame.step;
  const note = frame.notes[0];
  if (frame.kind === 'error') return where + t.stopped;
  if (step?.kind === 'op') return where + t.forwardOp(step.op);
  if (step?.kind === 'node') return where + t.backwardNode(step.grad_fn);
  if (step) return where + t.gradStep(step.kind, step.name ?? label(w.boxOfNode(step.node)));
  if (note?.kind === 'tensor') return where + t.leafMade(note.name ?? '');
  if (note?.kind === 'print') return where + 'print';
  if (note?.kind === 'grad') return where + t.gradSet(note.name ?? label(w.boxOf(note.id)), line(note.value));
  if (note?.kind === 'data') return where + t.dataSet(note.name ?? '');
  if (note?.kind === 'flags' && note.retains_grad) return where + t.retainSet(note.name ?? label(w.boxOf(note.id)));
  if (note?.kind === 'flags') return where + t.flagsSet(note.name ?? '', note.requires_grad);
  return where + t.lineRuns;
}

function Body(): VNode | null {
  const t = words.value;
  const w = world.value;
  const frame = at.value > 0 ? w?.frame : null;
  if (!w || !frame) return <p class="hint">{replay.value ? t.stepOn : t.runFirst}</p>;
  if (frame.kind === 'error') return <ErrorCard />;
  const step = frame.step;
  if (step?.kind === 'op') return <OpBody step={step} w={w} />;
  if (step?.kind === 'node') return <NodeBody step={step} w={w} />;
  if (step) return <GradBody step={step} w={w} />;
  const note = frame.notes[0];
  if (note?.kind === 'tensor') return <p>{note.requires_grad ? t.leafText : t.plainText}</p>;
  if (note?.kind === 'print') return <pre class="said">{note.text}</pre>;
  if (note?.kind === 'data') return <p>{t.dataText}</p>;
  if (note?.kind === 'flags' && note.retains_grad) return <p>{t.retainText}</p>;
  return null;
}

export function Explain(): VNode {
  const w = words.value;
  return (
    <section class="part explain" aria-label={w.explanation}>
      <div class="tools"><h2>{caption()}</h2></div>
      {source.value && <p class="source"><code>{source.value}</code></p>}
      <Body />
    </section>
  );
}
