// header.tsx - name, lesson, language, theme, sharing, help.
import { effect, signal } from '@preact/signals';
import type { VNode } from 'preact';
import { dark } from '../heat';
import { lang, setLang, words } from '../i18n';
import { recall, remember } from '../memory';
import { address } from '../share';
import { choose, chosen, lessons } from '../lessons';

type Theme = 'auto' | 'light' | 'dark';
const THEMES: Theme[] = ['auto', 'light', 'dark'];
const theme = signal<Theme>(THEMES.find((t) => t === recall('theme')) ?? 'auto');
const night = matchMedia('(prefers-color-scheme: dark)');
const nightNow = signal(night.matches);
night.addEventListener('change', () => (nightNow.value = night.matches));
const paper = matchMedia('print'); // is white
const printing = signal(paper.matches);
paper.addEventListener('change', () => (printing.value = paper.matches));

effect(() => {
  dark.value = !printing.value && (theme.value === 'dark' || (theme.value === 'auto' && nightNow.value));
  document.documentElement.dataset['theme'] = dark.value ? 'dark' : 'light';
});

const shared = signal('');

let fading = 0;

async function share(embed: boolean): Promise<void> {
  clearTimeout(fading);
  let url: string;
  try {
    url = await address(embed);
  } catch {
    shared.value = words.value.tooLong;
    return;
  }
  const text = embed ? `<iframe src="${url.replaceAll('"', '&quot;')}" width="900" height="640" title="gradd"></iframe>` : url;
  if (!embed) history.replaceState(null, '', location.pathname + location.search + new URL(url).hash);
  try {
    await navigator.clipboard.writeText(text);
    shared.value = words.value.linkCopied;
    fading = setTimeout(() => (shared.value = ''), 6000);
  } catch {
    shared.value = text; // to be copied by hand, however long that takes
  }
}

export const help = signal(false);

export function Header(): VNode {
  const w = words.value;
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length]!;
  return (
    <header class="top">
      <h1><span class="logo" aria-hidden="true">∂</span> gradd <small>{w.tagline}</small></h1>
      <label class="lesson-choice">
        <span>{w.lesson}</span>
        <select aria-label={w.lesson} value={chosen.value ?? ''} onChange={(e) => void choose(e.currentTarget.value)}>
          <option value="">{w.ownCode}</option>
          {lessons.map((l) => <option key={l.id} value={l.id}>{l.number}. {l[lang.value]}</option>)}
        </select>
      </label>
      <div class="menu">
        <span role="group" aria-label={w.language}>
          <button type="button" lang="zh-CN" aria-pressed={lang.value === 'zh'} onClick={() => setLang('zh')}>中文</button>
          <button type="button" lang="en" aria-pressed={lang.value === 'en'} onClick={() => setLang('en')}>English</button>
        </span>
        <button type="button" class="icon" aria-label={w.theme(w.themes[theme.value])} title={w.theme(w.themes[theme.value])} onClick={() => { theme.value = next; remember('theme', next); }}>
          <svg viewBox="0 0 16 16" aria-hidden="true">{theme.value === 'dark' ? <path d="M11.5 10.5A5.5 5.5 0 0 1 6 2.6 6 6 0 1 0 13.6 9.7a5.6 5.6 0 0 1-2.1.8z" /> : <><circle cx="8" cy="8" r="3.4" /><path class="rays" d="M8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.5 1.5M11.5 11.5 13 13M13 3l-1.5 1.5M3 13l1.5-1.5" /></>}</svg>
        </button>
        <button type="button" onClick={() => void share(false)}>{w.share}</button>
        <button type="button" onClick={() => void share(true)}>{w.embed}</button>
        <button type="button" class="icon" aria-label={w.help} title={w.help} onClick={() => (help.value = true)}>?</button>
      </div>
      <p class="shared" role="status">{shared.value}</p>
    </header>
  );
}
