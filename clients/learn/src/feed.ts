// feed.ts - the events of a session, put together to a trace.
import type { Note, Pass, Step, Trace } from './wire';

interface Numbered {
  seq: number;
}
export interface Command extends Numbered {
  event: 'command';
  state: 'began' | 'finished';
  request_id: string;
  method: string;
  path: string;
  status?: number;
}
export type SessionEvent =
  | Command
  | (Numbered & { event: 'step' } & Step)
  | (Numbered & { event: 'note' } & Note)
  | (Numbered & { event: 'pass' } & Pass)
  | (Numbered & { event: 'undo'; from: number })
  | (Numbered & { event: 'gap'; from: number; to: number })
  | (Numbered & { event: 'end' });

const MOST = 6000; // events that are kept; when there are more, the older half goes

export class Feed {
  private events: SessionEvent[] = [];
  dropped = 0;
  last = 0;

  take(e: SessionEvent): void {
    this.last = Math.max(this.last, e.seq);
    if (e.event === 'undo') {
      const from = e.from;
      this.events = this.events.filter((x) => x.seq < from || x.event === 'command');
    } else this.events.push(e);
    if (this.events.length <= MOST) return;
    const half = this.events.findIndex((x, i) => i >= MOST / 2 && x.event === 'command' && x.state === 'began');
    this.dropped += half < 0 ? MOST / 2 : half;
    this.events = this.events.slice(half < 0 ? MOST / 2 : half);
  }

  commands(most: number): Command[] {
    return this.events.filter((e): e is Command => e.event === 'command').slice(-most);
  }

  /** Steps are counted from 0 in each command; in the trace they are counted on. */
  trace(): Trace {
    const steps: Step[] = [];
    const notes: Note[] = [];
    const passes: Pass[] = [];
    let base = 0;
    for (const e of this.events) {
      if (e.event === 'command' && e.state === 'began') base = steps.length;
      else if (e.event === 'step') steps.push({ ...e, k: steps.length });
      else if (e.event === 'note') notes.push({ ...e, at: Math.min(base + e.at, steps.length) });
      else if (e.event === 'pass') passes.push({ ...e, first: base + e.first, last: base + e.last });
    }
    return { steps, notes, passes, truncated: this.dropped > 0, left_out: this.dropped };
  }
}
