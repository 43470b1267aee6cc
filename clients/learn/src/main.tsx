// main.tsx - the page: its parts, the keys that work everywhere, and how a visit begins.
import { useSignalEffect } from '@preact/signals';
import { render, type VNode } from 'preact';
import { away, renewed } from './api';
import { words } from './i18n';
import { choose, chosen, lessons } from './lessons';
import { CallPart } from './parts/call';
import { Controls } from './parts/controls';
import { EditorPart } from './parts/editor';
import { caption, Explain } from './parts/explain';
import { GraphPart } from './parts/graph';
import { Header, help } from './parts/header';
import { Help } from './parts/help';
import { Lab, openBench } from './parts/lab';
import { Inspector } from './parts/inspector';
import { LessonPart } from './parts/lesson';
import { Output } from './parts/output';
import { address, onAddress, open } from './share';
import { playing, run, said, selected, starting, step } from './state';

const follows = new URLSearchParams(location.search).has('follow');
const embedded = new URLSearchParams(location.search).has('embed');

/** Loads the page anew with what it holds; code that is too long for an address is lost, but not the way out. */
async function reload(): Promise<void> {
  const view = await address().catch(() => null);
  if (view) history.replaceState(null, '', location.pathname + location.search + new URL(view).hash);
  location.reload();
}

function Banner(): VNode {
  const w = words.value;
  return (
    <div role="alert" class="away">
      {away.value ? <p>{w.away}</p> : renewed.value && <p>{w.renewed} <button type="button" onClick={() => void reload()}>{w.reload}</button></p>}
    </div>
  );
}

/** Tells screen readers each step; the words are those on the page. */
function Announcer(): VNode {
  useSignalEffect(() => {
    const now = caption();
    if (!document.activeElement?.matches('.controls input')) said.value = now; // the slider says it itself
  });
  return <p class="hidden" role="status">{said.value}</p>;
}

/** The address holds what is shown: it is not to be lost by a jump within the page. */
function toCode(e: Event): void {
  e.preventDefault();
  document.getElementById('code')?.focus();
}

function App(): VNode {
  const w = words.value;
  return (
    <>
      <a class="skip" href="#code" onClick={toCode}>{w.skip}</a>
      {!embedded && <Header />}
      <Banner />
      <main class={embedded ? 'page embedded' : 'page'}>
        {!embedded && <LessonPart />}
        <div class="left">
          <section class="part code" id="code" tabIndex={-1} aria-label={w.codePart}>
            <EditorPart />
            <Controls />
          </section>
          <Output />
          {!embedded && <Lab />}
        </div>
        <div class="right">
          <GraphPart />
          <Explain />
          <Inspector />
          <CallPart />
        </div>
      </main>
      <Help />
      <Announcer />
    </>
  );
}

/** What has the focus to be scrolled sideways needs these keys itself. */
const scrolls = (target: EventTarget | undefined): boolean => target instanceof HTMLElement && target.tabIndex >= 0 && target.scrollWidth > target.clientWidth && getComputedStyle(target).overflowX !== 'visible';

const TYPES_TEXT = 'input, textarea, select, [contenteditable], dialog';

function onKeyDown(e: KeyboardEvent): void {
  const target = e.composedPath()[0];
  if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey) return;
  if (target instanceof Element && target.closest(TYPES_TEXT)) return;
  if (e.key === 'ArrowLeft' || e.key === 'ArrowRight') {
    if (scrolls(target)) return;
    playing.value = false;
    void step(e.key === 'ArrowRight' ? 1 : -1);
    e.preventDefault();
  } else if (e.key === '?') help.value = true;
  else if (e.key === 'Escape') selected.value = null;
}

const asked = (): string | undefined => /^#lesson=([\w-]+)$/.exec(location.hash)?.[1];

async function begin(): Promise<void> {
  try {
    if (await open(location.hash)) return;
    const came = await choose(lessons.find((l) => l.id === asked())?.id ?? lessons[0]!.id, follows);
    if (came && !follows) await run('end');
  } finally {
    starting.value = false;
  }
}

addEventListener('keydown', onKeyDown);
addEventListener('hashchange', () => {
  const id = asked();
  if (id && id !== chosen.value) void choose(id);
});
onAddress();
if (follows) openBench('follow');
render(<App />, document.getElementById('app')!);
void begin();
