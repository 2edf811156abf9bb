import { useEffect } from 'preact/hooks';
import { text } from './text.ts';

/** @param title of the page shown; undefined: the house's name alone */
export function useTitle(title: string | undefined): void {
  const { brand } = text.now;
  useEffect(() => void (document.title = title === undefined ? brand : `${title} · ${brand}`), [title, brand]);
}
