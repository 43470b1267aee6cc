// lesson.tsx - the text of a lesson, and the question at its end: first guess, then see.
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { lang, words } from '../i18n';
import { choose, chosen, lesson, lessons } from '../lessons';

function Ask({ id }: { id: string }): VNode | null {
  const picked = useSignal<number | null>(null);
  const text = lesson.value?.[lang.value];
  const w = words.value;
  if (!text) return null;
  const { question, choices, right, because } = text.ask;
  return (
    <fieldset class="ask">
      <legend>{w.predict}</legend>
      <div class="question">{question()}</div>
      {choices.map((c, i) => (
        <label class={picked.value === null ? '' : i === right ? 'right' : i === picked.value ? 'missed' : ''}>
          <input type="radio" name={`ask-${id}`} checked={picked.value === i} onChange={() => (picked.value = i)} />
          <span>{c}</span>
        </label>
      ))}
      <div role="status">
        {picked.value !== null && <div class="because"><p><strong>{picked.value === right ? w.right : w.notQuite}</strong></p>{because()}</div>}
      </div>
    </fieldset>
  );
}

export function LessonPart(): VNode | null {
  const l = lesson.value;
  const text = l?.[lang.value];
  const w = words.value;
  if (!l || !text) return null;
  const all = lessons;
  const at = all.findIndex((x) => x.id === l.id);
  const [before, after] = [all[at - 1], all[at + 1]];
  return (
    <section class="part lesson" aria-label={w.lessonText}>
      <p class="over">{w.lessonOf(l.number, all.length)}</p>
      <h2>{all[at]?.[lang.value]}</h2>
      <p class="goal">{text.goal}</p>
      <div class="prose" key={`${l.id}${lang.value}`}>{text.prose()}</div>
      <Ask key={l.id} id={l.id} />
      <nav class="turn" aria-label={w.lessons}>
        {before ? <button type="button" onClick={() => void choose(before.id)}>← {before[lang.value]}</button> : <span />}
        {after && <button type="button" class="next" disabled={chosen.value === after.id} onClick={() => void choose(after.id)}>{after[lang.value]} →</button>}
      </nav>
    </section>
  );
}
