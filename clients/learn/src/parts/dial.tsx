// dial.tsx - a number of a leaf that can be dragged, nudged with the arrow keys, or typed anew.
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { words } from '../i18n';
import { nudged } from '../nudge';
import { rewrite, writtenAt } from '../state';
import type { Span } from '../wire';

const PIXELS = 5; // of a drag for one step

interface Props {
  span: Span;
  name: string;
  x: number;
  y: number;
  w: number;
  h: number;
  text: string;
  fill?: string;
}

export function Dial({ span, name, x, y, w, h, text, fill }: Props): VNode {
  const grip = useRef<{ from: number; written: string; steps: number } | null>(null);
  const w_ = words.value;
  const onPointerDown = (e: PointerEvent): void => {
    e.stopPropagation();
    if (e.button !== 0) return;
    (e.currentTarget as Element).setPointerCapture(e.pointerId);
    grip.current = { from: e.clientX, written: writtenAt(span), steps: 0 };
  };
  const onPointerMove = (e: PointerEvent): void => {
    const g = grip.current;
    if (!g) return;
    const steps = Math.round((e.clientX - g.from) / PIXELS);
    if (steps === g.steps) return;
    g.steps = steps;
    void rewrite(span, nudged(g.written, steps));
  };
  const onKeyDown = (e: KeyboardEvent): void => {
    const by = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[e.key];
    if (!by) return;
    e.preventDefault();
    e.stopPropagation();
    void rewrite(span, nudged(writtenAt(span), by));
  };
  return (
    <g
      class="dial"
      transform={`translate(${x},${y})`}
      role="spinbutton"
      tabindex={0}
      aria-label={`${w_.valueOf} ${name}`}
      aria-valuenow={Number(text.replaceAll('−', '-')) || 0}
      aria-valuetext={text}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={() => (grip.current = null)}
      onPointerCancel={() => (grip.current = null)}
      onKeyDown={onKeyDown}
    >
      <title>{w_.drag}</title>
      <rect class="hold" width={w} height={h} rx="3" />
      <text class={fill ? 'digits' : 'value'} x={fill ? w / 2 : 3} y={fill ? 14 : 13} fill={fill}>{text}</text>
    </g>
  );
}
