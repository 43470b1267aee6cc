// heat-table.tsx - the elements of a tensor as a table: colours for the eye, numbers for everybody.
import type { VNode } from 'preact';
import { HATCHED, heat, inkOn } from '../heat';
import { exact, extent, grid, isScalar, isSummary, line, short } from '../numbers';
import type { Value } from '../wire';

export function HeatTable({ v, name }: { v: Value; name: string }): VNode {
  if (isScalar(v) || isSummary(v)) return <span class="one"><span class="of">{name}</span> {line(v)}</span>;
  const { rows, columns, cells } = grid(v);
  const most = extent(v);
  return (
    <div class="heat" tabIndex={0} role="group" aria-label={name}>
      <table>
        <caption>{name}</caption>
        <tbody>
          {Array.from({ length: rows }, (_, r) => (
            <tr>{Array.from({ length: columns }, (_, c) => {
              const x = cells[r * columns + c]!;
              return <td style={{ background: heat(x, most, HATCHED), color: inkOn(x, most) }} title={exact(x)}>{short(x)}</td>;
            })}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
