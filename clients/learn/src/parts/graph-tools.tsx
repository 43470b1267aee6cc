// graph-tools.tsx - what can be done with the picture: size, scope, outline, taking it away.
import type { VNode } from 'preact';
import { words } from '../i18n';
import { replay, scope } from '../state';
import type { Scope } from '../visible';
import { copy, saveDot, saveMermaid, savePng, saveSvg } from './export';
import { outlined, scale, zoom } from '../scene';

const SCOPES: Scope[] = ['auto', 'all', 'result', 'near'];

export function GraphTools(): VNode {
  const w = words.value;
  const none = !replay.value;
  const exportAs = (e: Event): void => {
    const select = e.currentTarget as HTMLSelectElement;
    if (select.value === 'svg') void saveSvg();
    if (select.value === 'png') void savePng();
    if (select.value === 'dot') saveDot();
    if (select.value === 'mermaid') saveMermaid();
    if (select.value === 'copy') void copy();
    select.value = '';
  };
  return (
    <div class="tools">
      <h2>{w.graph}</h2>
      <button type="button" aria-pressed={outlined.value} onClick={() => (outlined.value = !outlined.value)}>{w.outline}</button>
      <label class="quiet">
        <span class="hidden">{w.scope}</span>
        <select value={scope.value} onChange={(e) => (scope.value = e.currentTarget.value as Scope)}>
          {SCOPES.map((s) => <option value={s}>{w.scopes[s]}</option>)}
        </select>
      </label>
      <span class="zoom" role="group" aria-label={w.size}>
        <button type="button" aria-label={w.smaller} onClick={() => (zoom.value = Math.max(0.2, scale.value / 1.25))}>−</button>
        <button type="button" aria-label={`${Math.round(scale.value * 100)}% · ${w.fit}`} title={w.fit} onClick={() => (zoom.value = null)}>{Math.round(scale.value * 100)}%</button>
        <button type="button" aria-label={w.larger} onClick={() => (zoom.value = Math.min(4, scale.value * 1.25))}>+</button>
      </span>
      <label class="quiet">
        <span class="hidden">{w.save}</span>
        <select value="" disabled={none} onChange={exportAs}>
          <option value="">{w.save}</option>
          <option value="svg">SVG</option>
          <option value="png">PNG</option>
          <option value="dot">DOT</option>
          <option value="mermaid">Mermaid</option>
          <option value="copy">{w.copyDot}</option>
        </select>
      </label>
    </div>
  );
}
