// call.tsx - "show me the call": the request behind what was just done.
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { lastCall } from '../api';
import { words } from '../i18n';
import { TONGUES, written, type Tongue } from '../snippets';

export function CallPart(): VNode {
  const tongue = useSignal<Tongue>('curl');
  const copied = useSignal(false);
  const w = words.value;
  const call = lastCall.value;
  const text = call ? written(call, tongue.value, location.origin) : '';
  const onKeyDown = (e: KeyboardEvent): void => {
    const by = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? -1 : 0;
    if (!by) return;
    e.preventDefault();
    e.stopPropagation();
    tongue.value = TONGUES[(TONGUES.indexOf(tongue.value) + by + TONGUES.length) % TONGUES.length]!;
    (e.currentTarget as Element).querySelectorAll('button')[TONGUES.indexOf(tongue.value)]?.focus();
  };
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      copied.value = true;
      setTimeout(() => (copied.value = false), 1500);
    } catch {
      getSelection()?.selectAllChildren(document.getElementById('call-text')!); // copying by hand still works
    }
  };
  return (
    <section class="part call" aria-label={w.call}>
      <div class="tools">
        <h2>{w.showCall}</h2>
        <div class="tabs" role="tablist" aria-label={w.callIn} onKeyDown={onKeyDown}>
          {TONGUES.map((t) => (
            <button type="button" role="tab" id={`tab-${t}`} aria-selected={t === tongue.value} aria-controls="call-panel" tabIndex={t === tongue.value ? 0 : -1} onClick={() => (tongue.value = t)}>
              {t === 'shell' ? w.shell : t}
            </button>
          ))}
        </div>
        <button type="button" disabled={!call} onClick={() => void copy()}>{copied.value ? w.copied : w.copy}</button>
      </div>
      <div role="tabpanel" id="call-panel" aria-labelledby={`tab-${tongue.value}`}>
        {call ? <pre id="call-text" tabIndex={0}>{text}</pre> : <p class="hint">{w.noCall}</p>}
      </div>
    </section>
  );
}
