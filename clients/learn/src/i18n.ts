// i18n.ts - the language of the page: English or Chinese, changed without a reload, remembered.
import { computed, effect, signal } from '@preact/signals';
import { en, type Words } from './words';
import { zh } from './words-zh';
import { recall, remember } from './memory';

export type Lang = 'en' | 'zh';

function first(): Lang {
  const asked = new URLSearchParams(location.search).get('lang') ?? recall('lang');
  if (asked) return asked.startsWith('zh') ? 'zh' : 'en';
  return navigator.languages.find((l) => /^(en|zh)/.test(l))?.startsWith('zh') ? 'zh' : 'en';
}

export const lang = signal<Lang>(first());
/** The words of the language chosen; reading it subscribes. */
export const words = computed<Words>(() => (lang.value === 'zh' ? zh : en));

export function setLang(to: Lang): void {
  lang.value = to;
  remember('lang', to);
}

effect(() => {
  document.documentElement.lang = lang.value === 'zh' ? 'zh-CN' : 'en';
  document.title = words.value.title;
});
