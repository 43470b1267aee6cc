// feed.ts - the events of a session, put together to a trace.
import type { Failed, Note, Pass, ScriptError, Step, Trace } from './wire';

interface Numbered {
  seq: number;
}
export interface Command extends Numbered {
  event: 'command';
  state: 'began' | 'finished';
  request_id: string;
  method: string;
  path: string;
  query?: string;
  /** What was sent, if that is text and not too long; null if it is not. */
  type?: string | null;
  body?: string | null;
  body_bytes?: number;
  status?: number;
  error?: ScriptError & { failed?: Failed };
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
  /** How many events are missing, at the beginning or in gaps. */
  dropped = 0;
  last = 0;

  take(e: SessionEvent): void {
    if (e.seq <= this.last) this.forget(); // a session of the same name in the place of the one before
    this.last = e.seq;
    switch (e.event) {
      case 'undo':
        this.events = this.events.filter((x) => x.seq < e.from || x.event === 'command');
        return;
      case 'gap':
        this.dropped += e.to - e.from + 1;
        this.events.push(e);
        return;
      case 'end': return;
      default: this.events.push(e);
    }
    if (this.events.length > MOST) this.shorten();
  }

  private forget(): void {
    this.events = [];
    this.dropped = 0;
  }

  // Up to where a command begins, if one does.
  private shorten(): void {
    const begins = this.events.findIndex((x, i) => i >= MOST / 2 && x.event === 'command' && x.state === 'began');
    const n = begins < 0 ? MOST / 2 : begins;
    this.dropped += n;
    this.events = this.events.slice(n);
  }

  /** The commands, each as it stands: one that is finished is not told again as begun. */
  commands(): Command[] {
    const all = new Map<string, Command>();
    for (const e of this.events) if (e.event === 'command') all.set(e.request_id, { ...all.get(e.request_id), ...e });
    return [...all.values()];
  }

  /** Events come in the order of a trace. Its steps are counted anew in each command; here they are counted on. */
  trace(): Trace & { error: ScriptError | null } {
    const steps: Step[] = [];
    const notes: Note[] = [];
    const passes: Pass[] = [];
    let begin = 0; // of what is whole up to here
    let command: Command | null = null; // commands of a session come one after the other
    for (const e of this.events) {
      if (e.event === 'command') command = e;
      const request = command?.request_id ?? '';
      if (e.event === 'gap' || (e.event === 'command' && e.state === 'began')) begin = steps.length;
      else if (e.event === 'step') steps.push({ ...e, k: steps.length, request });
      else if (e.event === 'note') notes.push({ ...e, at: steps.length, request });
      else if (e.event === 'pass') {
        const first = Math.max(begin, steps.length - (e.last - e.first + 1));
        passes.push({ ...e, first, last: steps.length - 1 });
      }
    }
    // What failed last ends the film; what failed before was passed over. What is missing is not missing at the end.
    const { error = null, request_id: request } = command ?? {};
    return {
      steps, notes, passes, truncated: false, left_out: 0,
      failed: error?.failed ?? null, error: error && { ...error, line: error.line ?? 0, column: error.column ?? 0, request },
    };
  }
}
