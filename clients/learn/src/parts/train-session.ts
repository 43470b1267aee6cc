// train-session.ts - a net in a session of its own: made there, trained by scripts, looked at by batches.
//
// The page keeps the parameters it was last told, so that training goes on where it was when the session has expired.
import { signal } from '@preact/signals';
import { Away, lastCall, send, type Call } from '../api';
import { elements } from '../numbers';
import type { TensorDocument, Value } from '../wire';
import { GRID, MOONS } from './moons';

export const NETS = { one: [2, 8, 1], two: [2, 8, 8, 1] } as const;
export type NetId = keyof typeof NETS;

export interface Parameter {
  name: string;
  value: Value;
  grad: Value | null;
}
export interface Look {
  epoch: number;
  loss: number | null;
  accuracy: number | null;
  /** What the net says of each cell of the picture: the probability of the second moon. */
  cells: number[];
  parameters: Parameter[];
}

export const net = signal<NetId>('one');
export const rate = signal(1);
export const training = signal(false);
export const look = signal<Look | null>(null);
/** Why training stopped by itself; a text of the server, or a word of ours. */
export const trouble = signal<{ away: true } | { says: string } | null>(null);
/** The last script and the last batch, to be shown. */
export const calls = signal<{ script: Call | null; batch: Call | null }>({ script: null, batch: null });

/** The loss of each epoch, before its step; new losses are put at the end. */
export const losses: number[] = [];
const TRAIL = 240;
/** Each parameter at every `every`-th look. */
export const trails = { every: 1, looks: 0, values: new Map<string, number[][]>() };

const TTL_S = 120;
const name = `learn_${[...crypto.getRandomValues(new Uint8Array(6))].map((b) => b.toString(16).padStart(2, '0')).join('')}`;
const path = `/v1/sessions/${name}`;
let made = false;
let heardAt = 0;
let stop = new AbortController();

class Gone extends Error {}
class Refused extends Error {}

async function post(call: Call): Promise<string> {
  const answer = await send(call, stop.signal);
  const text = await answer.text().catch((e: unknown) => {
    throw stop.signal.aborted ? e : new Away();
  });
  heardAt = performance.now();
  if (answer.ok) return text;
  let problem: { code?: string; detail?: string; title?: string } = {};
  try {
    problem = JSON.parse(text) as typeof problem;
  } catch {
    // a script that failed: what was printed, and the error in the last line
  }
  if (problem.code === 'session_unknown' || answer.status === 410) throw new Gone();
  throw new Refused(problem.detail ?? problem.title ?? text.trim().split('\n').pop() ?? '');
}

const layers = (): number => NETS[net.value].length - 1;
const namesOf = (): string[] => Array.from({ length: layers() }, (_, i) => [`w${i + 1}`, `b${i + 1}`]).flat();

const script = (body: string): Call => ({ method: 'POST', path: `${path}/run`, type: 'text/x-python', body });
const batch = (body: object): Call => ({ method: 'POST', path: `${path}/batch`, type: 'application/json', body: JSON.stringify(body) });

function begin(): Call {
  const sizes = NETS[net.value];
  const lines = ['torch.manual_seed(1)'];
  for (let i = 1; i < sizes.length; i++) {
    const [out, into] = [sizes[i]!, sizes[i - 1]!];
    lines.push(i === 1 ? `w1 = torch.randn(${out}, ${into}, requires_grad=True)` : `w${i} = (torch.randn(${out}, ${into}) / ${into} ** 0.5).requires_grad_()`);
    lines.push(`b${i} = torch.zeros(${out}, requires_grad=True)`);
  }
  return script(`${lines.join('\n')}\n`);
}

/** The script of so many steps; each prints its loss and its accuracy. */
function stepping(steps: number): Call {
  const forward: string[] = [];
  for (let i = 1; i <= layers(); i++) {
    const linear = `F.linear(${i === 1 ? 'points' : 'h'}, w${i}, b${i})`;
    forward.push(i < layers() ? `h = torch.tanh(${linear})` : `logits = ${linear}`);
  }
  return script(`optimizer = torch.optim.SGD([${namesOf().join(', ')}], lr=${rate.value})
for step in range(${steps}):
${forward.map((l) => `    ${l}\n`).join('')}    loss = F.binary_cross_entropy_with_logits(logits, labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    accuracy = ((logits > 0) == (labels > 0)).float().mean()
    print(loss.item(), accuracy.item())
`);
}

/** The batch that asks what the net says of each cell, and for the parameters. */
function looking(): Call {
  const steps: object[] = [];
  for (let i = 1; i <= layers(); i++) {
    steps.push({ op: 'linear', args: [i === 1 ? 'grid' : `_h${i - 1}`, `w${i}`, `b${i}`], out: `_z${i}` });
    steps.push(i < layers() ? { op: 'tanh', args: [`_z${i}`], out: `_h${i}` } : { op: 'sigmoid', args: [`_z${i}`], out: '_p' });
  }
  return batch({ no_grad: true, steps, return: ['_p', ...namesOf().flatMap((n) => [n, `${n}.grad`])] });
}

/** The session with its data, and the net as it was last seen; a new one if it was not seen yet. */
async function setUp(): Promise<void> {
  await post({ method: 'PUT', path, type: 'application/json', body: JSON.stringify({ ttl_s: TTL_S }) });
  await post(batch({
    steps: [
      { tensor: 'points', data: MOONS.map((m) => [m.x, m.y]) },
      { tensor: 'labels', data: MOONS.map((m) => [m.label]), dtype: 'float32' },
      { tensor: 'grid', data: GRID },
    ],
  }));
  const had = look.value?.parameters;
  if (had) await post(batch({ steps: had.map((p) => ({ tensor: p.name, data: p.value, requires_grad: true })) }));
  else {
    const call = begin();
    await post(call);
    lastCall.value = call;
    calls.value = { script: call, batch: calls.value.batch };
  }
  made = true;
}

async function inSession<T>(work: () => Promise<T>): Promise<T> {
  if (!made || performance.now() - heardAt > TTL_S * 1000) await setUp();
  try {
    return await work();
  } catch (e) {
    if (!(e instanceof Gone)) throw e;
    made = false;
    await setUp();
    return work();
  }
}

/** The same object for the same call: what shows it need not be drawn again. */
const same = (was: Call | null, now: Call): Call => (was && was.path === now.path && was.body === now.body ? was : now);

async function pictured(): Promise<Pick<Look, 'cells' | 'parameters'>> {
  const call = looking();
  const { values } = JSON.parse(await post(call)) as { values: Record<string, TensorDocument | null> };
  const kept = same(calls.value.batch, call);
  if (kept !== calls.value.batch) calls.value = { script: calls.value.script, batch: kept };
  return {
    cells: elements(values['_p']!.data).map(Number),
    parameters: namesOf().map((n) => ({ name: n, value: values[n]!.data, grad: values[`${n}.grad`]?.data ?? null })),
  };
}

const python = (text: string | undefined): number => (text === 'inf' ? Infinity : text === '-inf' ? -Infinity : Number(text === 'nan' ? NaN : text));

function trace(parameters: Parameter[]): void {
  if (trails.looks++ % trails.every) return;
  for (const p of parameters) {
    const rows = trails.values.get(p.name) ?? [];
    rows.push(elements(p.value).map(Number));
    trails.values.set(p.name, rows);
  }
  if ((trails.values.get(parameters[0]!.name)?.length ?? 0) < TRAIL) return;
  for (const [key, rows] of trails.values) trails.values.set(key, rows.filter((_, i) => i % 2 === 0));
  trails.every *= 2;
}

async function frame(steps: number): Promise<void> {
  const call = same(calls.value.script, stepping(steps));
  const { printed, seen } = await inSession(async () => {
    const text = await post(call);
    return { printed: text.trim().split('\n').map((l) => l.split(' ').map(python)), seen: await pictured() };
  });
  for (const [loss] of printed) losses.push(loss!);
  const [loss, accuracy] = printed[printed.length - 1]!;
  if (call !== calls.value.script) calls.value = { script: call, batch: calls.value.batch };
  lastCall.value = call;
  trace(seen.parameters);
  look.value = { ...seen, epoch: losses.length, loss: loss!, accuracy: accuracy! };
}

/** One request at a time, whatever is pressed meanwhile. */
let tail: Promise<void> = Promise.resolve();
function inTurn(work: () => Promise<void>): Promise<void> {
  tail = tail.then(work).catch((e: unknown) => {
    training.value = false;
    if (e instanceof DOMException && e.name === 'AbortError') return;
    if (e instanceof Away) trouble.value = { away: true };
    else if (e instanceof Refused) trouble.value = { says: e.message };
    else reportError(e);
  });
  return tail;
}

const JUMPS = 2; // times the first loss: no longer a descent
const LATELY = 50;
/** The steps are so large that the loss grows. */
export const wild = (): boolean => losses.slice(-LATELY).some((l) => l > JUMPS * losses[0]!);
export const diverged = (): boolean => look.value?.loss != null && !Number.isFinite(look.value.loss);

const STEPS = 5;
const CALM_STEPS = 25;
const CALM_MS = 500;
const next = (calm: boolean): Promise<unknown> => new Promise((go) => (calm ? setTimeout(go, CALM_MS) : requestAnimationFrame(go)));
let turn = 0;

/** Trains until it is paused. Who wants less motion gets fewer and longer strides. */
export async function train(): Promise<void> {
  const mine = ++turn;
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  training.value = true;
  trouble.value = null;
  while (training.value && mine === turn) {
    await inTurn(() => (training.value && mine === turn ? frame(calm ? CALM_STEPS : STEPS) : Promise.resolve()));
    if (diverged()) training.value = false;
    await next(calm);
  }
}

export function pause(): void {
  training.value = false;
}

export function one(): Promise<void> {
  trouble.value = null;
  return inTurn(() => frame(1));
}

/** The net as it is, or a new one, drawn before its first step. */
async function first(): Promise<void> {
  const seen = await inSession(pictured);
  losses.length = 0;
  trails.every = 1;
  trails.looks = 0;
  trails.values.clear();
  trace(seen.parameters);
  look.value = { ...seen, epoch: 0, loss: null, accuracy: null };
}

export function startOver(id: NetId = net.value): Promise<void> {
  pause();
  trouble.value = null;
  return inTurn(async () => {
    const before = { look: look.value, net: net.value };
    net.value = id;
    look.value = null;
    try {
      if (made) await inSession(async () => { const call = begin(); await post(call); lastCall.value = call; calls.value = { script: call, batch: null }; });
      await first();
    } catch (e) {
      look.value = before.look;
      net.value = before.net;
      throw e;
    }
  });
}

function left(): void {
  pause();
  if (!made) return;
  made = false;
  void fetch(path, { method: 'DELETE', keepalive: true }).catch(() => undefined); // it expires by itself, too
}

/** The bench is open: until it is closed. */
export function opened(): () => void {
  const mine = (stop = new AbortController());
  addEventListener('pagehide', left);
  if (!look.value) void inTurn(first);
  return () => {
    removeEventListener('pagehide', left);
    pause();
    mine.abort();
    void tail.then(() => { if (stop === mine) left(); }); // unless it is open again
  };
}
