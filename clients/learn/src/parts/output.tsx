// output.tsx - what the script has printed up to the moment shown, and the error it ended with.
import type { VNode } from 'preact';
import { words } from '../i18n';
import { at, ran, replay, world } from '../state';

export function Output(): VNode {
  const w = words.value;
  const r = ran.value;
  const ended = at.value >= (replay.value?.length ?? 0);
  const notes = r?.answer.trace?.notes !== undefined;
  const text = !r?.live && (ended || !notes) ? (r?.answer.printed ?? []).join('\n') : (world.value?.output ?? '').replace(/\n$/, '');
  const error = ended ? r?.error : null;
  return (
    <section class="part output" aria-label={w.output}>
      <div class="tools"><h2>{w.output}</h2>{r && !r.live && <span class="quiet">{w.took(r.ms)}</span>}</div>
      {r ? <pre tabIndex={0}>{text || (error ? '' : <span class="hint">{w.printedNothing}</span>)}{error && <strong class="error">{text ? '\n' : ''}{`${error.class}: ${error.message}`}</strong>}</pre> : <p class="hint">{w.runFirst}</p>}
    </section>
  );
}
