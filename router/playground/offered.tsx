import { createContext, useContext, useState } from 'react';
import { useEditorContext, type GraphiQLPlugin } from '@graphiql/react';

/** What the router was given to offer here: tokens for a demonstration, and operations to start from. */
export interface Offered {
  readonly tokens: readonly { readonly label: string; readonly token: string }[];
  readonly examples: readonly { readonly title: string; readonly query: string; readonly variables?: object }[];
}

export const OfferedContext = createContext<Offered>({ tokens: [], examples: [] });

function Tokens() {
  const { tokens } = useContext(OfferedContext);
  const { headerEditor } = useEditorContext({ nonNull: true });
  const [used, use] = useState<string>();

  function signIn(label: string, token: string | undefined): void {
    const { authorization: _old, Authorization: _Old, ...others } = headersIn(headerEditor?.getValue() ?? '');
    const headers = token === undefined ? others : { ...others, authorization: `Bearer ${token}` };
    headerEditor?.setValue(Object.keys(headers).length === 0 ? '' : JSON.stringify(headers, null, 2));
    use(label);
  }

  if (tokens.length === 0) {
    return (
      <p>
        Sign in by a token under <b>Headers</b>: <code>{'{"authorization": "Bearer …"}'}</code>. It holds for queries
        and for subscriptions.
      </p>
    );
  }
  return (
    <div className="offered-list">
      {[...tokens, { label: 'nobody', token: undefined }].map(({ label, token }) => (
        <button key={label} type="button" aria-pressed={used === label} onClick={() => signIn(label, token)}>
          {label}
        </button>
      ))}
    </div>
  );
}

function headersIn(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function Examples() {
  const { examples } = useContext(OfferedContext);
  const { queryEditor, variableEditor } = useEditorContext({ nonNull: true });
  if (examples.length === 0) return <p>None were given.</p>;
  return (
    <div className="offered-list">
      {examples.map(({ title, query, variables }) => (
        <button
          key={title}
          type="button"
          onClick={() => {
            queryEditor?.setValue(query);
            variableEditor?.setValue(variables === undefined ? '' : JSON.stringify(variables, null, 2));
          }}
        >
          {title}
        </button>
      ))}
    </div>
  );
}

export const offeredPlugin: GraphiQLPlugin = {
  title: 'Start here',
  icon: () => (
    <svg viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round">
      <path d="M4 2.5 13 8l-9 5.5z" />
    </svg>
  ),
  content: () => (
    <div className="offered">
      <h2>Start here</h2>
      <h3>Sign in as</h3>
      <Tokens />
      <h3>Examples</h3>
      <Examples />
    </div>
  ),
};
