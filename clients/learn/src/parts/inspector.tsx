// inspector.tsx - all about the tensor that was chosen in the graph.
import type { VNode } from 'preact';
import { words } from '../i18n';
import { ran, rewrite, selected, stale, world, writtenAt } from '../state';
import type { Span } from '../wire';
import { label, type Box } from '../world';
import { HeatTable } from './heat-table';
import { nudged } from '../nudge';

function Written({ box, span, i }: { box: Box; span: Span; i: number }): VNode {
  const text = writtenAt(span);
  const w = words.value;
  const name = box.numbers!.length > 1 ? `${box.name ?? ''}[${i}]` : (box.name ?? '');
  return (
    <label class="written">
      <code>{name}</code>
      <button type="button" aria-label={`${name} −`} onClick={() => void rewrite(span, nudged(text, -1))}>−</button>
      <input
        type="text"
        inputMode="decimal"
        size={7}
        aria-label={`${w.valueOf} ${name}`}
        value={text}
        onChange={(e) => {
          const typed = e.currentTarget.value.trim();
          const whole = /^[+-]?\d+$/.test(typed) && /[.eE]/.test(text); // a float stays one
          if (whole) void rewrite(span, `${typed}.`);
          else if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(typed)) void rewrite(span, typed);
          else e.currentTarget.value = text;
        }}
      />
      <button type="button" aria-label={`${name} +`} onClick={() => void rewrite(span, nudged(text, 1))}>+</button>
    </label>
  );
}

/** The focus goes back to the tensor in the graph, or to the picture if that is not drawn. */
function close(key: string): void {
  selected.value = null;
  const box = document.querySelector<SVGGElement>(`svg.graph [data-key="${CSS.escape(key)}"]`);
  (box ?? document.querySelector<HTMLElement>('.pane'))?.focus({ preventScroll: true });
}

export function Inspector(): VNode | null {
  const box = selected.value ? world.value?.boxes.get(selected.value) : undefined;
  if (!box) return null;
  const w = words.value;
  const yes = (b: boolean): string => (b ? 'True' : 'False');
  const rows: [string, string][] = [
    ['dtype', box.dtype], ['shape', `[${box.shape.join(', ')}]`], ['requires_grad', yes(box.requiresGrad)], ['is_leaf', yes(box.kind !== 'op')],
    ['grad_fn', box.gradFn ?? 'None'], ['_version', String(box.version)], ['retains_grad', yes(box.retains)],
  ];
  if (box.saved.length)
    rows.push([w.savedTensors, `${box.saved.map((s) => `${s.name ?? (s.output !== null ? label(box) : '·')} v${s.version}`).join(', ')}${box.freed ? ` (${w.freed})` : ''}`]);
  const sharing = world.value?.sharing(box) ?? [];
  if (sharing.length) rows.push([w.sharesWith, sharing.join(', ')]);
  return (
    <section class="part inspector" aria-label={w.inspector}>
      <div class="tools"><h2>{box.name ?? box.expression}</h2><button type="button" class="close" aria-label={w.close} onClick={() => close(box.key)}>×</button></div>
      <div class="columns">
        <dl>{rows.map(([k, v]) => <><dt>{k}</dt><dd>{v}</dd></>)}</dl>
        <div>
          <HeatTable v={box.value} name={w.value} />
          {box.grad !== null ? <HeatTable v={box.grad} name="grad" /> : <p class="one"><span class="of">grad</span> None</p>}
        </div>
        {box.numbers && !stale.value && !ran.value?.live && (
          <div class="numbers" role="group" aria-label={w.change}>
            <p>{w.change}</p>
            {box.numbers.map((span, i) => <Written key={i} box={box} span={span} i={i} />)}
          </div>
        )}
      </div>
    </section>
  );
}
