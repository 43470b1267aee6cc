// follow.tsx - a session of the server, live: somebody drives it from curl or a notebook, the page shows what happens.
import { signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { lastCall, send } from '../api';
import { lang } from '../i18n';
import { Feed, type Command, type SessionEvent } from '../feed';
import { ran, showLive } from '../state';
import { Requests } from './follow-requests';
import { followWords } from './follow-words';

type State = 'idle' | 'unknown' | 'live' | 'again' | 'ended' | 'refused';

const name = signal(new URLSearchParams(location.search).get('follow') ?? 'demo');
/** Whom the state is about; in the field may stand another name by now. */
const whom = signal('');
const state = signal<State>('idle');
const commands = signal<Command[]>([]);
/** How many events of the session are not there any more. */
const missing = signal(0);
const KINDS = ['command', 'step', 'note', 'pass', 'undo', 'gap', 'end'] as const;
const SHOWN = 12;

let source: EventSource | null = null;
let feed = new Feed();
let drawing = 0;
let rested = 0; // when the next picture may be made
let turn = 0; // what was begun in an earlier one does not count any more
let shown = false;

// A long film takes long to make anew: most of the time stays for whoever watches it.
const RESTS = 3;

function draw(): void {
  const from = performance.now();
  drawing = from < rested ? requestAnimationFrame(draw) : 0;
  if (drawing) return;
  const all = feed.commands();
  commands.value = all.slice(-SHOWN);
  missing.value = feed.dropped;
  if (shown && !ran.peek()?.live) return stop(); // whoever runs code of their own wants to see that
  shown = true;
  const { error, ...trace } = feed.trace();
  showLive(trace, error, new Map(all.flatMap((c) => (c.body ? [[c.request_id, c.body]] : []))));
  const now = performance.now();
  rested = now + RESTS * (now - from);
}

function take(e: MessageEvent<string>): void {
  const event = JSON.parse(e.data) as SessionEvent;
  feed.take(event);
  if (event.event === 'end') {
    stop();
    state.value = 'ended';
  }
  drawing ||= requestAnimationFrame(draw);
}

function stop(): void {
  turn++;
  source?.close();
  source = null;
  if (state.value === 'live' || state.value === 'again') state.value = 'idle';
}

function leave(): void {
  stop();
  cancelAnimationFrame(drawing);
  drawing = 0;
}

const path = (): string => `/v1/sessions/${encodeURIComponent(whom.value)}`;

async function follow(of: string): Promise<void> {
  leave();
  const mine = turn;
  whom.value = of;
  const session = path();
  try {
    const answer = await send({ method: 'GET', path: session });
    if (mine !== turn) return;
    if (!answer.ok) {
      state.value = answer.status === 404 || answer.status === 410 ? 'unknown' : 'refused';
      return;
    }
  } catch {
    return; // the banner says it
  }
  feed = new Feed();
  shown = false;
  commands.value = [];
  missing.value = 0;
  state.value = 'live';
  lastCall.value = { method: 'GET', path: `${session}/events?as=jsonl&last_event_id=0`, stream: true };
  source = new EventSource(`${session}/events?last_event_id=0`);
  for (const kind of KINDS) source.addEventListener(kind, take as EventListener);
  source.onopen = () => (state.value = 'live');
  source.onerror = () => {
    if (!source) return;
    const gone = source.readyState === EventSource.CLOSED;
    if (gone) stop();
    state.value = gone ? 'ended' : 'again';
  };
}

async function make(): Promise<void> {
  const mine = ++turn;
  try {
    await send({ method: 'PUT', path: path() });
  } catch {
    return; // the banner says it
  }
  if (mine === turn) await follow(whom.value);
}

export function Follow(): VNode {
  useEffect(() => {
    if (new URLSearchParams(location.search).has('follow') && state.peek() === 'idle') void follow(name.peek().trim());
    return leave;
  }, []);
  const w = followWords[lang.value];
  const followed = state.value === 'live' || state.value === 'again';
  return (
    <div class="follow">
      <p>{w.about}</p>
      <form onSubmit={(e) => { e.preventDefault(); void follow(name.value.trim()); }}>
        <label>{w.name} <input type="text" value={name.value} size={16} maxLength={64} autocomplete="off" spellcheck={false} onInput={(e) => (name.value = e.currentTarget.value)} /></label>
        <button type="submit" disabled={!name.value.trim()}>{w.follow}</button>
        <button type="button" disabled={!followed} onClick={stop}>{w.stop}</button>
      </form>
      <p role="status" class={`state ${state.value}`}>{w.states[state.value](whom.value)} {(state.value === 'unknown' || state.value === 'ended') && <button type="button" onClick={() => void make()}>{w.make}</button>}</p>
      {followed && <><p class="hint">{w.drive}</p><pre tabIndex={0}>{`curl --data-binary @- ${location.origin}${path()}/run <<'END'\nw = torch.tensor(2., requires_grad=True)\n(w * w).backward()\nEND`}</pre></>}
      {missing.value > 0 && <p class="hint">{w.missing(missing.value)}</p>}
      {commands.value.length > 0 && <Requests commands={commands.value} root={path()} />}
    </div>
  );
}
