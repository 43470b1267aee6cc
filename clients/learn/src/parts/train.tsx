// train.tsx - a small net that is trained on two moons, step by step or as fast as the picture can follow.
import { signal, useSignalEffect } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { lastCall, type Call } from '../api';
import { shapeOf, short } from '../numbers';
import { said } from '../state';
import { adopt } from './adopt';
import { HeatTable } from './heat-table';
import { Boundary, countOf, Curve, shapeText, Spark, Swatches, type Trail } from './train-pictures';
import { calls, diverged, losses, look, net, NETS, one, opened, pause, rate, startOver, train, trails, training, trouble, wild, type Look, type NetId, type Parameter } from './train-session';
import { says } from './train-words';
import css from './train.css' with { type: 'text' };

adopt(css);

/** 1, 2, 5 of each decade: from too careful to hopeless. */
const RATES = Array.from({ length: 13 }, (_, i) => Number(`${[1, 2, 5][i % 3]}e${Math.floor(i / 3) - 2}`));

const log = signal(false);
const open = signal(false);

const lossText = (l: Look): string => (l.loss === null ? '–' : short(l.loss));
const accuracyText = (l: Look): string => (l.accuracy === null ? '–' : says.value.percent(l.accuracy));

function say(): void {
  const l = look.peek();
  if (l) said.value = diverged() ? says.value.diverged : says.value.state(l.epoch, lossText(l), accuracyText(l));
}

function Controls(): VNode {
  const t = says.value;
  const going = training.value;
  const none = !look.value;
  return (
    <div class="choice" role="group" aria-label={t.controls}>
      {going
        ? <button type="button" key="go" class="go" onClick={() => { pause(); say(); }}>{t.pause}</button>
        : <button type="button" key="go" class="go" aria-disabled={diverged()} onClick={() => { if (!diverged()) void train(); }}>{t.train}</button>}
      <button type="button" disabled={going || none || diverged()} onClick={() => void one().then(say)}>{t.one}</button>
      <button type="button" onClick={() => void startOver().then(say)}>{t.over}</button>
      <label>{t.net}
        <select value={net.value} onChange={(e) => void startOver(e.currentTarget.value as NetId).then(say)}>
          {(Object.keys(NETS) as NetId[]).map((id) => <option key={id} value={id}>{t.nets[id]}</option>)}
        </select>
      </label>
      <label class="wide">{t.rate}
        <input type="range" min={0} max={RATES.length - 1} value={RATES.indexOf(rate.value)} aria-label={t.rate} aria-valuetext={t.rateIs(rate.value)} onInput={(e) => (rate.value = RATES[Number(e.currentTarget.value)]!)} />
        <output>{rate.value}</output>
      </label>
    </div>
  );
}

function Trouble(): VNode {
  const t = says.value;
  look.value;
  const why = trouble.value;
  return (
    <div role="status" class="trouble">
      {why && ('away' in why ? <p class="warn">{t.away}</p> : <p class="warn">{t.refused(why.says)}</p>)}
      {diverged() ? <p class="error">{t.diverged}</p> : wild() && <p class="warn">{t.jumps}</p>}
    </div>
  );
}

function ParameterRow({ p }: { p: Parameter }): VNode {
  const t = says.value;
  return (
    <div class="parameter">
      <p><code>{p.name}</code> <span>{shapeText(p.value)}</span></p>
      <div class="pair">
        <Swatches v={p.value} label={`${p.name} ${t.parameter}, ${t.shape(shapeText(p.value))}`} />
        {p.grad === null ? <span class="quiet">–</span> : <Swatches v={p.grad} label={`${p.name} ${t.grad}, ${t.shape(shapeText(p.value))}`} />}
      </div>
    </div>
  );
}

/** Some elements of each parameter: the first, and one from the middle. */
function trailsOf(l: Look): Trail[] {
  return l.parameters.flatMap((p) => {
    const rows = trails.values.get(p.name) ?? [];
    const n = countOf(p.value);
    const columns = shapeOf(p.value)[1];
    return (n > 1 && columns ? [0, Math.floor(n / 2) + 1] : [0]).filter((i) => i < n).map((i) => ({
      name: `${p.name}[${columns ? `${Math.floor(i / columns)}, ${i % columns}` : i}]`,
      values: rows.map((row) => row[i]!),
    }));
  });
}

function Parameters({ l }: { l: Look }): VNode {
  const t = says.value;
  return (
    <>
      <h3>{t.parameters}</h3>
      <p class="quiet">{t.parameter} · {t.grad}{l.parameters[0]?.grad === null && ` (${t.noGrad})`}</p>
      <div class="parameters">{l.parameters.map((p) => <ParameterRow key={p.name} p={p} />)}</div>
      <h3>{t.trails}</h3>
      <ul class="trails">{trailsOf(l).map((trail) => <Spark key={trail.name} trail={trail} />)}</ul>
      <details open={open.value} onToggle={(e) => (open.value = e.currentTarget.open)}>
        <summary>{t.numbers}</summary>
        {open.value && l.parameters.map((p) => <div key={p.name}><HeatTable v={p.value} name={p.name} />{p.grad !== null && <HeatTable v={p.grad} name={`${p.name}.grad`} />}</div>)}
      </details>
    </>
  );
}

function show(call: Call): void {
  lastCall.value = call;
  document.querySelector('.part.call')?.scrollIntoView({ block: 'nearest' });
}

function Requests(): VNode {
  const t = says.value;
  const { script, batch } = calls.value;
  return (
    <p class="requests">{t.requests} <button type="button" disabled={!script} onClick={() => script && show(script)}>{t.script}</button> <button type="button" disabled={!batch} onClick={() => batch && show(batch)}>{t.batch}</button></p>
  );
}

export function Train(): VNode {
  useEffect(opened, []);
  useSignalEffect(() => {
    if (trouble.value === null && !training.value && diverged()) say();
  });
  const t = says.value;
  const l = look.value;
  return (
    <div class="train">
      <p>{t.intro}</p>
      <Controls />
      <Trouble />
      {!l ? !trouble.value && <p class="hint">{t.loading}</p> : (
        <>
          <dl class="state"><div><dt>{t.epoch}</dt><dd>{l.epoch}</dd></div><div><dt>{t.loss}</dt><dd>{lossText(l)}</dd></div><div><dt>{t.accuracy}</dt><dd>{accuracyText(l)}</dd></div></dl>
          <h3>{t.boundary}</h3>
          <Boundary cells={l.cells} label={t.boundaryOf(accuracyText(l))} />
          <p class="signs" aria-hidden="true">
            <span><svg viewBox="-6 -6 12 12"><circle class="moon a" r="4.2" /></svg>{t.moonA}</span>
            <span><svg viewBox="-6 -6 12 12"><path class="moon b" d="M0-5.4 5.4 0 0 5.4-5.4 0z" /></svg>{t.moonB}</span>
            <span><svg viewBox="-6 -6 12 12"><path class="edge" d="M-6 0H6" /></svg>{t.edge}</span>
          </p>
          <div class="over"><h3>{t.curve}</h3><label><input type="checkbox" checked={log.value} onChange={(e) => (log.value = e.currentTarget.checked)} />{t.log}</label></div>
          <Curve losses={losses} log={log.value} label={t.curveOf(l.epoch, short(losses[0]) || '–', lossText(l))} />
          <Parameters l={l} />
          <Requests />
        </>
      )}
    </div>
  );
}
