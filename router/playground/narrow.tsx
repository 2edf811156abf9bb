/** Where panes stand one below the other; the same as in page.css. */
const narrow = '(max-width: 700px), (max-height: 500px)';

/** Whether the page is shown on a phone. */
export function isNarrow(): boolean {
  return matchMedia(narrow).matches;
}
