import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
import { fetcher } from './fetcher';
import { OfferedContext, offeredPlugin, type Offered } from './offered';
// oxlint-disable import/no-unassigned-import -- a stylesheet has nothing to assign
import 'graphiql/style.css';
import './page.css';

const welcome = `# One endpoint for queries, mutations and subscriptions.
# Ctrl-Enter runs the operation; on the left there are examples, and tokens to sign in with.

query {
  __typename
}
`;

const nothing: Offered = { tokens: [], examples: [] };
const plugins = [offeredPlugin];

function Page() {
  const [offered, setOffered] = useState<Offered>();
  useEffect(function loadOffered() {
    fetch('/playground/offered.json')
      .then((response) => response.json() as Promise<Offered>)
      .then(setOffered, () => setOffered(nothing));
  }, []);
  return (
    <OfferedContext.Provider value={offered ?? nothing}>
      <GraphiQL
        // GraphiQL opens the pane of its visible plugin only when it knows of the plugin before it is mounted, and it
        // learns of it by being mounted: the second time it is open.
        key={offered === undefined ? 'first' : 'second'}
        fetcher={fetcher}
        defaultQuery={welcome}
        defaultEditorToolsVisibility="headers"
        plugins={plugins}
        visiblePlugin={offeredPlugin}
      >
        <GraphiQL.Logo>
          <span className="page-logo">Graph</span>
        </GraphiQL.Logo>
      </GraphiQL>
    </OfferedContext.Provider>
  );
}

createRoot(document.getElementById('page')!).render(<Page />);
