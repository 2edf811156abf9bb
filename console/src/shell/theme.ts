import { effect, signal } from '@preact/signals';
import { keep, kept } from './storage.ts';

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'cafe.theme';
const chosen = kept(KEY);

/** auto follows the system. */
export const theme = signal<Theme>(THEMES.find((one) => one === chosen) ?? 'auto');

export function chooseTheme(one: Theme): void {
  theme.value = one;
  keep(KEY, one);
}

effect(() => void (document.documentElement.dataset['theme'] = theme.value));
