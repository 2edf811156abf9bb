import { useContext, useEffect } from 'react';
import { useEditorContext, usePluginStore } from '@graphiql/react';
import { examplesPlugin, pressExamplesButton, welcome } from './examples.tsx';
import { LiveBar } from './live-bar.tsx';
import { useMendedAccess } from './mended-access.tsx';
import { isNarrow } from './narrow.tsx';
import { OfferedContext } from './offered.ts';
import { Plan } from './plan.tsx';
import { enterTab, useRun, type Run } from './runs.ts';

/** What stands beside the answer: how a subscription is connected, and the query plan where it is wanted. */
export function Beside({ showsPlan }: { showsPlan: boolean }) {
  const { tabs, activeTabIndex } = useEditorContext({ nonNull: true });
  const { explain } = useContext(OfferedContext);
  const id = tabs[activeTabIndex]?.id ?? '';
  const run = useRun(id);
  useEffect(() => enterTab(id), [id]);
  useOpenedExamples();
  useMendedAccess();
  return (
    <>
      {run?.live !== undefined && <LiveBar live={run.live} />}
      {showsPlan && (
        <section className="plan" aria-labelledby="plan-title" tabIndex={0}>
          <h2 id="plan-title">Query plan</h2>
          {explain ? (
            <Explanation run={run} />
          ) : (
            <p>
              This router does not explain. The setting <code>explain.enabled</code> (<code>EXPLAIN_ENABLED=true</code>)
              turns it on.
            </p>
          )}
        </section>
      )}
    </>
  );
}

function Explanation({ run }: { run: Run | undefined }) {
  if (run?.explained !== undefined) return <Plan explained={run.explained} />;
  if (run?.answered !== true) return <p>Run the operation to see who is asked for what, and how long it takes.</p>;
  return <p>The last run has none: it was refused before it was planned, or run while the plan was hidden.</p>;
}

/** On a phone they would stand above what is open already. */
function useOpenedExamples(): void {
  const { plugins, visiblePlugin } = usePluginStore();
  const { tabs, activeTabIndex } = useEditorContext({ nonNull: true });
  const isThere = plugins.includes(examplesPlugin);
  const isNew = tabs[activeTabIndex]?.query === welcome;
  useEffect(
    function openPane() {
      if (isThere && (isNew || !isNarrow())) pressExamplesButton('Show');
    },
    // Once, when the page has come.
    [isThere],
  );
  useEffect(
    function showTop() {
      if (isNarrow()) scrollTo(0, 0);
    },
    [visiblePlugin],
  );
}
