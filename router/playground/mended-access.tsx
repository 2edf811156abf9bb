import { useEffect } from 'react';
import { useEditorContext } from '@graphiql/react';

/** What GraphiQL leaves to be done for those who don't see the page, or don't use a mouse. */
export function useMendedAccess(): void {
  const { queryEditor, variableEditor, headerEditor, responseEditor, tabs, activeTabIndex } = useEditorContext({
    nonNull: true,
  });

  useEffect(
    function nameEditors() {
      const named = [
        [queryEditor, 'Operation'],
        [variableEditor, 'Variables'],
        [headerEditor, 'Headers'],
        [responseEditor, 'Answer'],
      ] as const;
      for (const [editor, name] of named) {
        editor?.getInputField().setAttribute('aria-label', name);
        // The keyboard scrolls only what it reaches.
        editor?.getScrollerElement().setAttribute('tabindex', '0');
      }
    },
    [queryEditor, variableEditor, headerEditor, responseEditor],
  );

  useEffect(function nameHistory() {
    const pane = document.querySelector('.graphiql-plugin');
    if (pane === null) return undefined;
    // What is read there is a better name than the one that is the same for all.
    const mend = (): void => {
      for (const item of pane.querySelectorAll('.graphiql-history-item-label')) item.removeAttribute('aria-label');
    };
    const observer = new MutationObserver(mend);
    observer.observe(pane, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, []);

  useEffect(
    function listTabs() {
      // Tabs of ARIA may hold nothing to press, and these can be closed: so it is a list of buttons.
      const list = document.querySelector('.graphiql-tabs');
      list?.removeAttribute('role');
      for (const [index, item] of [...(list?.children ?? [])].entries()) {
        item.removeAttribute('role');
        item.removeAttribute('aria-selected');
        const [open, close] = item.querySelectorAll('button');
        open?.setAttribute('aria-current', String(index === activeTabIndex));
        if (index === activeTabIndex) showIn(list!, item);
        close?.setAttribute('aria-label', `Close ${tabs[index]?.title ?? 'tab'}`);
      }
    },
    [tabs, activeTabIndex],
  );
}

/** Sideways alone: `scrollIntoView` would take a page that scrolls along. */
function showIn(list: Element, item: Element): void {
  const outer = list.getBoundingClientRect();
  const { left, right } = item.getBoundingClientRect();
  list.scrollLeft += Math.min(left - outer.left, 0) + Math.max(right - outer.right, 0);
}
