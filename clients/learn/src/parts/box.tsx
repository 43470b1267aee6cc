// box.tsx - a tensor in the graph.
import { Component, type VNode } from 'preact';
import { footOf, hasGradRow, cellsOf, LABEL, PAD, ROW, type Placed } from '../layout';
import { exact, extent, grid, isScalar, line, short, total } from '../numbers';
import { words } from '../i18n';
import type { Span, Value } from '../wire';
import type { Box } from '../world';
import { Dial } from './dial';
import { heat, inkOn } from '../heat';

interface CellsProps {
  v: Value;
  x: number;
  y: number;
  most: number;
  numbers?: Span[] | null;
  name?: string;
}

/** The elements of a tensor as coloured cells, written in where there is room. */
export function Cells({ v, x, y, most, numbers, name }: CellsProps): VNode {
  const cells = cellsOf(v);
  if (!cells) {
    const span = numbers?.[0];
    if (span && isScalar(v)) return <Dial span={span} name={name ?? ''} x={x} y={y} w={62} h={ROW} text={line(v)} />;
    return <text class="value" x={x} y={y + 13}>{line(v)}</text>;
  }
  const { w, h } = cells.cell;
  const all = grid(v).cells;
  return (
    <g transform={`translate(${x},${y})`}>
      {all.map((value, i) => {
        const left = (i % cells.columns) * w;
        const top = Math.floor(i / cells.columns) * h;
        const colour = heat(value, most);
        const span = numbers?.[i];
        return (
          <g transform={`translate(${left},${top})`}>
            <rect class="cell" width={w - 1} height={h - 1} fill={colour}><title>{exact(value)}</title></rect>
            {cells.written && !span && <text class="digits" x={(w - 1) / 2} y={14} fill={inkOn(value, most)}>{short(value, 3)}</text>}
            {span && <Dial span={span} name={`${name ?? ''}[${i}]`} x={0} y={0} w={w - 1} h={h - 1} text={cells.written ? short(value, 3) : ''} fill={inkOn(value, most)} />}
          </g>
        );
      })}
    </g>
  );
}

export interface BoxProps {
  box: Box;
  place: Placed;
  active: boolean;
  wrong: boolean;
  chosen: boolean;
  focusable: boolean;
  editable: boolean;
  lang: string;
  onFocus: (key: string) => void;
  onChoose: (key: string) => void;
}

/** One line that says all of a box, for those who do not see it. */
export function spoken(box: Box): string {
  const w = words.peek();
  const parts = [box.name ?? box.expression];
  if (box.name && box.expression) parts.push(`= ${box.expression}`);
  parts.push(w.kinds[box.kind], `${box.dtype} [${box.shape.join(', ')}]`, `${w.value} ${line(box.value)}`);
  if (box.gradFn) parts.push(box.gradFn);
  if (box.requiresGrad) parts.push(`grad ${line(box.grad)}`);
  parts.push(`${w.version} ${box.version}`);
  if (box.retains) parts.push('retain_grad');
  if (box.freed) parts.push(w.freed);
  return parts.join(', ');
}

/** What has arrived so far, as a sum. */
function arrivals(box: Box): string {
  const terms = box.arrived.map((a) => line(a.value, 2));
  const sum = box.incoming ?? total(box.arrived.map((a) => a.value));
  if (sum === null) return terms.join(' + ');
  if (!isScalar(sum)) return line(sum, 2);
  return terms.length > 1 ? `${terms.join(' + ')}${box.incoming === null ? '' : ` = ${line(sum)}`}` : line(sum);
}

const MOST = 28; // characters of a line in a box

function Gradient({ box, y }: { box: Box; y: number }): VNode {
  const kept = box.grad !== null;
  const flowing = box.incoming !== null || box.arrived.length > 0;
  const shown = kept ? box.grad : (box.incoming ?? total(box.arrived.map((a) => a.value)));
  const cells = shown !== null && cellsOf(shown);
  const text = kept ? line(box.grad) : flowing ? arrivals(box) : box.kind === 'leaf' ? 'None' : '';
  return (
    <g class={kept ? 'grad kept' : flowing ? 'grad flowing' : 'grad'} key={`${line(box.grad)}${box.arrived.length}`}>
      <text class="what" x={PAD} y={y + 13}>{kept || (!flowing && (box.kind === 'leaf' || box.retains)) ? 'grad' : '∂'}</text>
      {cells ? <Cells v={shown} x={LABEL} y={y} most={extent(shown)} /> : <text class="value" x={LABEL} y={y + 13}>{text.length > MOST ? `${text.slice(0, MOST)}…` : text}</text>}
    </g>
  );
}

export class BoxView extends Component<BoxProps> {
  override shouldComponentUpdate(next: BoxProps): boolean {
    const now = this.props;
    return (Object.keys(next) as (keyof BoxProps)[]).some((k) => next[k] !== now[k]);
  }

  override render({ box, place, active, wrong, chosen, focusable, editable, onFocus, onChoose }: BoxProps): VNode {
    const cells = cellsOf(box.value);
    const valueH = cells ? cells.rows * cells.cell.h + 4 : ROW;
    const named = box.name ?? '';
    const classes = ['box', box.kind, active && 'active', wrong && 'wrong', chosen && 'chosen', box.freed && 'freed', box.retains && 'retains'];
    return (
      <g
        class={classes.filter(Boolean).join(' ')}
        transform={`translate(${place.x},${place.y})`}
        role="group"
        aria-roledescription={words.peek().tensor}
        aria-label={spoken(box)}
        tabindex={focusable ? 0 : -1}
        data-key={box.key}
        onFocus={() => onFocus(box.key)}
        onClick={() => onChoose(box.key)}
      >
        <rect class="frame" width={place.w} height={place.h} rx={box.kind === 'leaf' ? 14 : 5} />
        <text class="name" x={PAD} y={18}>{named}</text>
        <text class="expression" x={named ? place.w - PAD : PAD} y={18} text-anchor={named ? 'end' : 'start'}>{box.expression}</text>
        <Cells v={box.value} x={LABEL} y={26} most={extent(box.value)} numbers={editable ? box.numbers : null} name={named} />
        <text class="what" x={PAD} y={39}>{words.peek().data}</text>
        {hasGradRow(box) && <Gradient box={box} y={26 + valueH} />}
        <text class="foot" x={PAD} y={place.h - 8}>{footOf(box)}</text>
        {box.saved.length > 0 && <Saved x={place.w - 24} y={place.h - 18} freed={box.freed} />}
      </g>
    );
  }
}

/** A mark for tensors saved for backward: full while they are kept, hollow once they are freed. */
function Saved({ x, y, freed }: { x: number; y: number; freed: boolean }): VNode {
  const w = words.peek();
  return (
    <g class={freed ? 'saved freed' : 'saved'} transform={`translate(${x},${y})`}>
      <title>{freed ? w.savedFreed : w.savedKept}</title>
      <path d="M1 1h9l3 3v9H1z M4 1v4h5V1" />
    </g>
  );
}

