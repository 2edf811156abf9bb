import { useContext, useEffect, useRef } from 'react';
import { useEditorContext, useExecutionContext, type GraphiQLPlugin } from '@graphiql/react';
import { isNarrow } from './narrow.tsx';
import { OfferedContext, withToken, type Example } from './offered.ts';

export const welcome = `# One endpoint for queries, mutations and subscriptions.
# Ctrl-Enter runs the operation. The examples tell a story: open and run them one after the other.

query {
  __typename
}
`;

/** On a phone what was opened would be far below the list. This ends the list, and whatever it still had to do. */
function foldList(): void {
  if (isNarrow()) pressExamplesButton('Hide');
}

/** Opens an example in a tab of its own; one that is open already is shown as it is. */
function useOpenExample(): { isReady: boolean; open: (example: Example) => void } {
  const { tokens } = useContext(OfferedContext);
  const editors = useEditorContext({ nonNull: true });
  const { stop } = useExecutionContext({ nonNull: true });
  const { tabs, activeTabIndex, queryEditor, variableEditor, headerEditor, responseEditor } = editors;
  /** For the tab that is being added. */
  const pending = useRef<Example>(undefined);

  function show(example: Example): void {
    write(example);
    foldList();
  }

  function write({ query, variables, persona }: Example): void {
    const token = tokens.find(({ label }) => label === persona)?.token;
    const texts = {
      query,
      variables: variables === undefined ? '' : JSON.stringify(variables, null, 2),
      headers: withToken('', token),
    };
    queryEditor?.setValue(texts.query);
    variableEditor?.setValue(texts.variables);
    headerEditor?.setValue(texts.headers);
    responseEditor?.setValue('');
    editors.updateActiveTabValues({ ...texts, response: null });
  }

  useEffect(
    function writePending() {
      const example = pending.current;
      pending.current = undefined;
      if (example !== undefined) show(example);
    },
    // When a tab was added, and then only.
    [tabs.length],
  );

  function open(example: Example): void {
    const known = tabs.findIndex(({ query }) => query === example.query);
    if (known === activeTabIndex) {
      foldList();
      return;
    }
    stop();
    if (known >= 0) {
      editors.changeTab(known);
      foldList();
    } else if (queryEditor?.getValue() === welcome) show(example);
    else {
      pending.current = example;
      editors.addTab();
    }
  }

  // Right after the page has come there is a tab, and nothing to write into yet.
  const isReady = queryEditor !== null && variableEditor !== null && headerEditor !== null && responseEditor !== null;
  return { isReady, open };
}

function Examples() {
  const { examples } = useContext(OfferedContext);
  const { tabs, activeTabIndex } = useEditorContext({ nonNull: true });
  const { isReady, open } = useOpenExample();
  const shown = tabs[activeTabIndex]?.query;
  return (
    <div className="examples">
      <h2>Examples</h2>
      {examples.length === 0 ? (
        <p>This router was given none.</p>
      ) : (
        <>
          <p className="examples-hint">
            Each opens in a tab of its own, with a token. Open and run them in this order.
          </p>
          <ol>
            {examples.map((example) => (
              <li key={example.title}>
                <button
                  type="button"
                  disabled={!isReady}
                  aria-current={shown === example.query ? 'true' : undefined}
                  onClick={() => open(example)}
                >
                  <span className="example-title">{example.title}</span>
                  {example.persona !== undefined && <span className="example-persona">{example.persona}</span>}
                  {example.about !== undefined && <span className="example-about">{example.about}</span>}
                </button>
              </li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}

const title = 'Examples';

/** GraphiQL's own way to show or hide a plugin leaves its pane's place as it was; its button does not. */
export function pressExamplesButton(verb: 'Show' | 'Hide'): void {
  document.querySelector<HTMLButtonElement>(`button[aria-label="${verb} ${title}"]`)?.click();
}

export const examplesPlugin: GraphiQLPlugin = {
  title,
  icon: () => (
    <svg viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round">
      <path d="M4 2.5 13 8l-9 5.5z" />
    </svg>
  ),
  content: Examples,
};
