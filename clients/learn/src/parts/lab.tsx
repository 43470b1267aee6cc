// lab.tsx - the bench beside the code: comparing a gradient with differences, training a net, following a session.
// Each comes when it is opened for the first time.
import { signal } from '@preact/signals';
import type { ComponentType, VNode } from 'preact';
import { later } from '../api';
import { words } from '../i18n';

interface Bench {
  id: 'differences' | 'train' | 'follow';
  load: () => Promise<ComponentType>;
}
const BENCHES: Bench[] = [
  { id: 'differences', load: async () => (await import('./differences')).Differences },
  { id: 'train', load: async () => (await import('./train')).Train },
  { id: 'follow', load: async () => (await import('./follow')).Follow },
];

export const bench = signal<Bench['id'] | null>(null);
const come = signal<Partial<Record<Bench['id'], ComponentType>>>({});

export function openBench(id: Bench['id'] | null): void {
  bench.value = id;
  const wanted = BENCHES.find((b) => b.id === id);
  if (!wanted || come.value[wanted.id]) return;
  void later(wanted.load).then(
    (part) => (come.value = { ...come.value, [wanted.id]: part }),
    () => { if (bench.value === id) bench.value = null; },
  );
}

export function Lab(): VNode {
  const w = words.value;
  const Open = bench.value ? come.value[bench.value] : undefined;
  return (
    <section class="part lab" aria-label={w.lab}>
      <div class="tools">
        <h2>{w.lab}</h2>
        {BENCHES.map(({ id }) => (
          <button type="button" aria-expanded={bench.value === id} onClick={() => openBench(bench.value === id ? null : id)}>{w.benches[id]}</button>
        ))}
      </div>
      {bench.value && <div class="bench">{Open ? <Open /> : <p class="hint">{w.comes}</p>}</div>}
    </section>
  );
}
