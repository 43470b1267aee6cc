// outline.tsx - the graph as a list, in the order of computation: for screen readers, and for whoever likes lists.
import type { VNode } from 'preact';
import { words } from '../i18n';
import { selected } from '../state';
import { spoken } from './box';
import { scene } from '../scene';

export function Outline(): VNode {
  const s = scene.value;
  const w = words.value;
  const boxes = s?.boxes ?? [];
  const at = new Map(boxes.map((b, i) => [b.key, { i, name: b.name ?? b.expression }]));
  const users = (key: string): string[] => boxes.filter((b) => b.links.some((l) => l.from === key)).map((b) => b.key);
  const link = (key: string): VNode | null => {
    const to = at.get(key);
    return to ? <a href={`#box-${to.i}`} onClick={(e) => { e.preventDefault(); document.getElementById(`box-${to.i}`)?.focus(); }}>{to.name}</a> : null;
  };
  return (
    <ol class="outline" aria-label={w.outlineOf}>
      {boxes.map((box, i) => (
        <li key={box.key} id={`box-${i}`} tabIndex={-1} class={s!.world.touched.has(box.key) ? 'active' : ''}>
          <button type="button" aria-pressed={selected.value === box.key} onClick={() => (selected.value = box.key)}>{spoken(box)}</button>
          {box.links.some((l) => at.has(l.from)) && <span> {w.madeOf} {box.links.map((l) => <>{link(l.from)}{l.kind === 'stop' ? ` (${w.stops})` : ''} </>)}</span>}
          {users(box.key).length > 0 && <span> {w.usedBy} {users(box.key).map((k) => <>{link(k)} </>)}</span>}
        </li>
      ))}
    </ol>
  );
}
