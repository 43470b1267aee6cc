// help.tsx - the keys, and what the picture's signs mean.
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { words } from '../i18n';
import { help } from './header';

export function Help(): VNode {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (help.value && !box.current?.open) box.current?.showModal();
    if (!help.value && box.current?.open) box.current.close();
  }, [help.value]);
  const w = words.value;
  return (
    <dialog ref={box} class="help" aria-label={w.help} onClose={() => (help.value = false)}>
      <div class="tools"><h2>{w.help}</h2><button type="button" class="close" aria-label={w.close} onClick={() => (help.value = false)}>×</button></div>
      <dl>{w.keys.map(([key, does]) => <><dt><kbd>{key}</kbd></dt><dd>{does}</dd></>)}</dl>
      <h3>{w.signs}</h3>
      <ul class="legend">{w.legend.map(([sign, means]) => <li><span class={`sign ${sign}`} aria-hidden="true" /> {means}</li>)}</ul>
      <p><a href="/v1/ops">{w.allOps}</a> · <a href="/openapi.json">OpenAPI</a> · <a href="/assets/licenses.txt">{w.licenses}</a></p>
    </dialog>
  );
}
