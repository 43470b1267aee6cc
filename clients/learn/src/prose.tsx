import type { ComponentChildren, TargetedToggleEvent } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { glossary, type Entry, type TermId } from './glossary';
import { lang } from './i18n';
import { jump } from './jump';

/** "line 5": moves the replay there. */
export function Line({ n }: { n: number }) {
  return (
    <button type="button" class="line" onClick={() => jump.line(n)}>
      {lang.value === 'en' ? `line ${n}` : `第 ${n} 行`}
    </button>
  );
}

const WIDTH = 320;
const GAP = 8;

/** Puts a definition under its button, or above it where little room is left below. */
function place(definition: HTMLElement, button: HTMLElement) {
  const box = button.getBoundingClientRect();
  const width = Math.min(WIDTH, innerWidth - 2 * GAP);
  const below = box.bottom < innerHeight * 0.6;
  Object.assign(definition.style, {
    margin: '0',
    right: 'auto',
    maxWidth: `${width}px`,
    left: `${Math.max(GAP, Math.min(box.left, innerWidth - width - GAP))}px`,
    top: below ? `${box.bottom + GAP / 2}px` : 'auto',
    bottom: below ? 'auto' : `${innerHeight - box.top + GAP / 2}px`,
  });
}

let made = 0;

/** A word of the glossary: a button that shows what it means. The children are the word as the sentence needs it. */
export function Term({ is, children }: { is: TermId; children?: ComponentChildren }) {
  const [id] = useState(() => `definition-${++made}`);
  const button = useRef<HTMLButtonElement>(null);
  const entry: Entry = glossary[is];
  const here = lang.value;
  const there = here === 'en' ? 'zh' : 'en';
  const word = children ?? entry[here];

  const opening = (event: TargetedToggleEvent<HTMLElement>) => {
    const definition = event.currentTarget;
    if (event.newState !== 'open' || !button.current) return;
    place(definition, button.current);
    const close = () => definition.isConnected && definition.hidePopover();
    addEventListener('scroll', close, { once: true, capture: true, passive: true });
  };

  return (
    <>
      <button type="button" class="term" ref={button} popovertarget={id}>
        {entry.code ? <code>{word}</code> : word}
      </button>
      <span id={id} class="definition" popover="auto" onBeforeToggle={opening}>
        <strong>{entry[here]}</strong>
        {entry[there] !== entry[here] && (
          <>
            {' · '}
            <span lang={there}>{entry[there]}</span>
          </>
        )}
        <span class="says">{entry.says[here]}</span>
      </span>
    </>
  );
}
