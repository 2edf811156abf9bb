import { useContext, useEffect, useRef, useState } from 'react';
import { useEditorContext } from '@graphiql/react';
import { OfferedContext, tokenIn, withToken } from './offered.ts';

const nobody = 'nobody';
const other = 'other';

/** Who the present tab is; choosing another puts that one's token into the tab's headers. */
export function Persona() {
  const { tokens, home } = useContext(OfferedContext);
  const { headerEditor, activeTabIndex, updateActiveTabValues } = useEditorContext({ nonNull: true });
  const [text, setText] = useState('');

  useEffect(
    function followHeaders() {
      if (headerEditor === null) return undefined;
      const read = () => setText(headerEditor.getValue());
      read();
      headerEditor.on('change', read);
      return () => headerEditor.off('change', read);
    },
    [headerEditor, activeTabIndex],
  );

  useReturningPersona();

  function become(value: string): void {
    const headers = withToken(headerEditor?.getValue() ?? '', tokens[Number(value)]?.token);
    headerEditor?.setValue(headers);
    updateActiveTabValues({ headers });
  }

  const token = tokenIn(text);
  const known = tokens.findIndex((one) => one.token === token);
  const present = token === undefined ? nobody : known < 0 ? other : String(known);
  return (
    <div className="top">
      {tokens.length > 0 && (
        <label className="persona">
          <span>Runs as</span>
          <select value={present} onChange={({ target }) => become(target.value)}>
            <option value={nobody}>nobody</option>
            {tokens.map(({ label }, index) => (
              <option key={label} value={String(index)}>
                {label}
              </option>
            ))}
            {present === other && <option value={other}>a token of your own</option>}
          </select>
        </label>
      )}
      {home && (
        <a className="home" href="/">
          All pages
        </a>
      )}
      <h1 className="page-logo">Graph</h1>
    </div>
  );
}

/** Tokens are not kept over a reload, but tabs are: who ran an example runs it again. */
function useReturningPersona(): void {
  const { tokens, examples } = useContext(OfferedContext);
  const { headerEditor, tabs, activeTabIndex } = useEditorContext({ nonNull: true });
  const seen = useRef(new Set<string>());
  const tab = tabs[activeTabIndex];
  useEffect(
    function returnToTab() {
      if (headerEditor === null || tab === undefined || seen.current.has(tab.id)) return;
      seen.current.add(tab.id);
      const persona = examples.find(({ query }) => query === tab.query)?.persona;
      const token = tokens.find(({ label }) => label === persona)?.token;
      if (token !== undefined && headerEditor.getValue() === '') headerEditor.setValue(withToken('', token));
    },
    [headerEditor, tab, tokens, examples],
  );
}
