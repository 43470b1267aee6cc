// replay.ts - a trace as a film: frames in order of time, and what the world looks like at each of them.
//
// Nothing here computes a gradient or reads a line of the script: everything shown was said by the server.
import { type Box, World } from './world';
import type { Failed, Note, Pass, ScriptError, Step, Trace } from './wire';

/** One position of the slider: something happened, with what belongs to it (names that were given, ...). */
export interface Frame {
  kind: Step['kind'] | Note['kind'] | 'error';
  line: number | null;
  step: Step | null;
  notes: Note[];
  /** The pass that a backward step belongs to. */
  pass: Pass | null;
  /** The pass ends with this frame: its graph is freed. */
  ends: boolean;
  failed: Failed | null;
  /** The request of a session that is followed to which it belongs. */
  request: string | undefined;
}

const NEAR = 64; // frames between two worlds that are kept,
const KEPT = 64; // of which there are not many more than these

function merge(trace: Trace): (Step | Note)[] {
  const notes = trace.notes ?? [];
  const all: (Step | Note)[] = [];
  let n = 0;
  trace.steps.forEach((step, k) => {
    for (let note = notes[n]; note && note.at <= k; note = notes[++n]) all.push(note);
    all.push(step);
  });
  all.push(...notes.slice(n));
  return all;
}

const isStep = (e: Step | Note): e is Step => 'phase' in e;

function frameOf(kind: Frame['kind'], of: { line: number | null; request?: string }): Frame {
  return { kind, line: of.line, step: null, notes: [], pass: null, ends: false, failed: null, request: of.request };
}

function framesOf(trace: Trace, error: ScriptError | null): Frame[] {
  const frames: Frame[] = [];
  let pass = 0;
  let open: Frame | null = null; // a line that has shown nothing yet
  for (const event of merge(trace)) {
    if (isStep(event)) {
      const frame = open ?? frameOf(event.kind, event);
      frame.kind = event.kind;
      frame.step = event;
      while ((trace.passes[pass]?.last ?? Infinity) < event.k) pass++;
      const of = trace.passes[pass];
      if (of && event.k >= of.first) {
        frame.pass = of;
        frame.ends = event.k === of.last;
      }
      if (!open) frames.push(frame);
      open = null;
    } else if (event.kind === 'line') {
      open = frameOf('line', event);
      frames.push(open);
    } else {
      const last = frames[frames.length - 1];
      const written = event.kind === 'data' && (last?.kind === 'data' || (last?.step?.kind === 'op' && last.step.inplace));
      const joins = written || event.kind === 'name' || event.kind === 'flags';
      if (joins && last && last.line === event.line) {
        last.notes.push(event);
        continue;
      }
      const frame = open ?? frameOf(event.kind, event);
      frame.kind = event.kind;
      frame.notes.push(event);
      if (!open) frames.push(frame);
      open = null;
    }
  }
  if (error) {
    const frame = open ?? frameOf('error', error);
    frame.kind = 'error';
    frame.line = error.line;
    frame.failed = trace.failed ?? null;
    if (!open) frames.push(frame);
  }
  return frames;
}

/** A stretch of the replay that is drawn with boxes in one place: all that are there at some time of it. */
export interface Scene {
  from: number;
  boxes: Box[];
}

function deaths(end: World, used: ReadonlyMap<string, number>, frames: readonly Frame[]): Map<string, number> {
  const dies = new Map<string, number>();
  const boxes = [...end.boxes.values()];
  for (let i = boxes.length - 1; i >= 0; i--) {
    const box = boxes[i]!;
    let last = Math.max(used.get(box.key) ?? box.born, dies.get(box.key) ?? 0, end.isNamed(box) ? frames.length : 0);
    // What a line makes is there as long as the line runs.
    for (let n = box.born; n >= last && frames[n]?.line === box.line; n++) last = n + 1;
    dies.set(box.key, last);
    for (const link of box.links) if (link.kind === 'flow') dies.set(link.from, Math.max(dies.get(link.from) ?? 0, last));
  }
  return dies;
}

const TIDY = 8; // so many boxes may be gone before the rest is placed anew

function scenesOf(end: World, dies: ReadonlyMap<string, number>): Scene[] {
  const scenes: Scene[] = [{ from: 0, boxes: [] }];
  const ends = new Map<number, number>(); // how many boxes of the scene are there up to a frame
  let now = 0;
  let gone = 0;
  for (const box of end.boxes.values()) { // in the order of their birth
    let scene = scenes[scenes.length - 1]!;
    for (; now < box.born; now++) gone += ends.get(now) ?? 0;
    if (gone > TIDY && 2 * gone > scene.boxes.length) {
      scene = { from: box.born, boxes: scene.boxes.filter((b) => dies.get(b.key)! >= box.born) };
      scenes.push(scene);
      gone = 0;
    }
    scene.boxes.push(box);
    const last = dies.get(box.key)!;
    ends.set(last, (ends.get(last) ?? 0) + 1);
  }
  return scenes;
}

export class Replay {
  readonly frames: Frame[];
  readonly truncated: boolean;
  readonly leftOut: number;
  /** The last frame at which a box is there, by its key: Python holds it, something came from it, or it is yet to be used. */
  readonly dies: ReadonlyMap<string, number>;
  readonly scenes: readonly Scene[];
  /** The world after the last frame. */
  readonly end: World;
  private readonly checkpoints: World[] = [];
  private readonly every: number;
  private latest: { at: number; world: World };

  constructor(trace: Trace, error: ScriptError | null = null) {
    this.frames = framesOf(trace, error);
    this.truncated = trace.truncated || (trace.notes_left_out ?? 0) > 0;
    this.leftOut = trace.left_out + (trace.notes_left_out ?? 0);
    this.every = Math.max(NEAR, Math.ceil(this.frames.length / KEPT));
    const world = new World();
    const used = new Map<string, number>();
    this.frames.forEach((frame, i) => {
      if (i % this.every === 0) this.checkpoints.push(world.copy());
      world.apply(frame);
      for (const key of world.touched) used.set(key, i + 1);
      for (const key of world.lost) used.set(key, i);
    });
    if (!this.checkpoints.length) this.checkpoints.push(world.copy());
    this.end = world;
    this.dies = deaths(world, used, this.frames);
    this.scenes = scenesOf(world, this.dies);
    this.latest = { at: this.frames.length, world };
  }

  get length(): number {
    return this.frames.length;
  }

  /** The world after the first n frames. */
  at(n: number): World {
    n = Math.max(0, Math.min(this.length, n));
    if (this.latest.at === n) return this.latest.world;
    const from = Math.min(Math.floor(n / this.every), this.checkpoints.length - 1);
    const forward = this.latest.at < n && this.latest.at >= from * this.every;
    const world = (forward ? this.latest.world : this.checkpoints[from]!).copy();
    for (let i = forward ? this.latest.at : from * this.every; i < n; i++) world.apply(this.frames[i]!);
    this.latest = { at: n, world };
    return world;
  }

  scene(n: number): Scene {
    let i = this.scenes.length - 1;
    while (i > 0 && this.scenes[i]!.from > n) i--;
    return this.scenes[i]!;
  }

  /** How many frames have passed when the line has begun anew after the first n; null if it does not. */
  reach(line: number, n: number): number | null {
    const i = this.frames.findIndex((f, k) => k >= n && f.line === line && this.frames[k - 1]?.line !== line);
    return i < 0 ? null : i + 1;
  }
}
