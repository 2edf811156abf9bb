import { useEffect, useMemo, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
import { ToolbarButton } from '@graphiql/react';
import { Beside } from './beside.tsx';
import { examplesPlugin, welcome } from './examples.tsx';
import { createFetcher } from './fetcher.tsx';
import { nothingOffered, OfferedContext, type Offered } from './offered.ts';
import { Persona } from './persona.tsx';
// oxlint-disable import/no-unassigned-import -- a stylesheet has nothing to assign
import 'graphiql/style.css';
import './page.css';

const plugins = [examplesPlugin];
const planKey = 'playground.plan';

function Playground({ offered }: { offered: Offered }) {
  const [showsPlan, setShowsPlan] = useState(() => localStorage.getItem(planKey) !== 'hidden');
  const wantsPlan = useRef(showsPlan);
  const fetcher = useMemo(() => createFetcher(offered, () => wantsPlan.current), [offered]);

  function togglePlan(): void {
    wantsPlan.current = !showsPlan;
    setShowsPlan(!showsPlan);
    localStorage.setItem(planKey, showsPlan ? 'hidden' : 'shown');
  }

  return (
    <OfferedContext.Provider value={offered}>
      <GraphiQL fetcher={fetcher} defaultQuery={welcome} defaultEditorToolsVisibility="variables" plugins={plugins}>
        <GraphiQL.Logo>
          <Persona />
        </GraphiQL.Logo>
        <GraphiQL.Toolbar>
          {({ prettify, copy, merge }) => (
            <>
              {prettify}
              {merge}
              {copy}
              <ToolbarButton
                label={showsPlan ? 'Hide the query plan' : 'Show the query plan'}
                aria-pressed={showsPlan}
                onClick={togglePlan}
              >
                <PlanIcon />
              </ToolbarButton>
            </>
          )}
        </GraphiQL.Toolbar>
        <GraphiQL.Footer>
          <Beside showsPlan={showsPlan} />
        </GraphiQL.Footer>
      </GraphiQL>
    </OfferedContext.Provider>
  );
}

function PlanIcon() {
  return (
    <svg
      className="graphiql-toolbar-icon"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      aria-hidden="true"
    >
      <path d="M2 3h5M4 8h6M7 13h7" strokeLinecap="round" />
    </svg>
  );
}

function Page() {
  const [offered, setOffered] = useState<Offered>();
  useEffect(function loadOffered() {
    fetch('/playground/offered.json')
      .then((response) => response.json() as Promise<Offered>)
      .then(setOffered, () => setOffered(nothingOffered));
  }, []);
  return offered === undefined ? null : <Playground offered={offered} />;
}

createRoot(document.getElementById('page')!).render(<Page />);
