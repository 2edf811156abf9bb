import { effect, signal } from '@preact/signals';
import { keep, kept } from '../shell/storage.ts';

export type Language = 'en' | 'ko';

const KEY = 'cafe.language';

function firstLanguage(): Language {
  const chosen = kept(KEY);
  if (chosen === 'en' || chosen === 'ko') return chosen;
  const wanted = typeof navigator === 'undefined' ? [] : navigator.languages;
  return wanted.find((tag) => /^(en|ko)\b/.test(tag))?.startsWith('ko') === true ? 'ko' : 'en';
}

/** The language that everything is shown in: the one that was chosen here, else the browser's. */
export const language = signal<Language>(firstLanguage());

export function chooseLanguage(chosen: Language): void {
  language.value = chosen;
  keep(KEY, chosen);
}

if (typeof document !== 'undefined') effect(() => void (document.documentElement.lang = language.value));
