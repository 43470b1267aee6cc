// follow-requests.tsx - the newest requests of a session that is followed: what was sent, where in it the picture
// stands, and the same as a call or in the editor.
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { lastCall, type Call } from '../api';
import { lang } from '../i18n';
import type { Command } from '../feed';
import { code, frame, replay, seek, world } from '../state';
import { followWords } from './follow-words';

// What a terminal that it is pasted into might take for more than text.
const CONTROL = /[^\P{Cc}\n\t]/u;

function callOf(c: Command): Call | null {
  const body = c.body ?? undefined;
  if (c.body_bytes && (body === undefined || CONTROL.test(body) || CONTROL.test(c.type ?? ''))) return null;
  const path = c.query ? `${c.path}?${c.query}` : c.path;
  return { method: c.method as Call['method'], path, ...(body !== undefined && { body, type: c.type ?? 'application/octet-stream' }) };
}

/** The frame that the request ends with, as the slider counts; 0: it has none. */
function lastFrame(id: string): number {
  const frames = replay.peek()?.frames ?? [];
  for (let n = frames.length; n > 0; n--) if (frames[n - 1]!.request === id) return n;
  return 0;
}

function Sent({ command: c }: { command: Command }): VNode {
  const w = followWords[lang.value];
  const line = frame.value?.request === c.request_id ? world.value?.line : c.error?.line;
  const script = c.path.endsWith('/run') && typeof c.body === 'string';
  const call = callOf(c);
  return (
    <div class="sent" role="group" aria-label={w.sent}>
      {typeof c.body === 'string' && (
        <pre tabIndex={0}>
          {c.body.replace(/\n$/, '').split('\n').map((text, i) => (
            <span class={i + 1 === c.error?.line ? 'line wrong' : i + 1 === line ? 'line now' : 'line'} aria-current={i + 1 === line ? 'step' : undefined}>{text}</span>
          ))}
        </pre>
      )}
      {c.body === null && <p class="hint">{w.untold(c.body_bytes ?? 0)}</p>}
      {c.error && <p class="error"><code>{`${c.error.class}: ${c.error.message}`}</code></p>}
      <p class="actions">
        {script && <button type="button" onClick={() => (code.value = c.body ?? '')}>{w.take}</button>}
        {call && <button type="button" onClick={() => (lastCall.value = call)}>{w.call}</button>}
      </p>
    </div>
  );
}

export function Requests({ commands, root }: { commands: Command[]; root: string }): VNode {
  const picked = useSignal<string | null>(null);
  const w = followWords[lang.value];
  const shown = frame.value?.request;
  // One that was picked and did nothing that could be shown stays until another is.
  const open = picked.value && !lastFrame(picked.value) ? picked.value : (shown ?? commands.at(-1)?.request_id);
  const pick = (id: string): void => {
    picked.value = id;
    const n = lastFrame(id);
    if (n) seek(n);
  };
  const at = commands.find((c) => c.request_id === open);
  return (
    <>
      <ol class="commands" aria-label={w.commands}>
        {commands.map((c) => (
          <li key={c.request_id}>
            <button type="button" class="quiet" aria-pressed={c.request_id === open} onClick={() => pick(c.request_id)}>
              <code>{c.method} {c.path.replace(root, '…')}</code> {c.state === 'finished' ? <span class={(c.status ?? 0) >= 400 ? 'error' : ''}>{c.status}</span> : '…'}
            </button>
          </li>
        ))}
      </ol>
      {at && <Sent command={at} />}
    </>
  );
}
