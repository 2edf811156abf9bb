import { parse, print } from 'graphql';
import type { Explained, ExplainedFetch, ExplainedNode, ExplainedRequest } from '../src/execution/explained.ts';

/** The query plan as a tree, with what came of each fetch. */
export function Plan({ explained }: { explained: Explained }) {
  const { planning, totalMs, plan } = explained;
  return (
    <>
      <p className="plan-summary">
        Answered in <b>{ms(totalMs)}</b>.{' '}
        {planning.remembered ? 'The plan was remembered; planning it took' : 'Planning took'}{' '}
        <b>{ms(planning.tookMs)}</b>.
      </p>
      {plan === null ? (
        <p>Nothing had to be fetched.</p>
      ) : (
        <ul className="plan-tree">
          <Node node={plan} totalMs={totalMs} />
        </ul>
      )}
    </>
  );
}

interface NodeProps {
  readonly node: ExplainedNode;
  readonly totalMs: number;
  /** Where in the answer the node's objects are. */
  readonly path?: string | undefined;
  readonly lead?: string | undefined;
}

function Node({ node, totalMs, path, lead }: NodeProps) {
  switch (node.kind) {
    case 'fetch':
      return <Fetch fetch={node} totalMs={totalMs} path={path} lead={lead} />;
    case 'flatten':
      return <Node node={node.node} totalMs={totalMs} path={node.path} lead={lead} />;
    case 'sequence':
    case 'parallel':
      return (
        <Branch lead={lead} name={node.kind === 'sequence' ? 'One after the other' : 'At the same time'}>
          {node.nodes.map((one, index) => (
            <Node key={index} node={one} totalMs={totalMs} />
          ))}
        </Branch>
      );
    case 'condition':
      return (
        <Branch lead={lead} name={`Depends on $${node.variable}`}>
          {node.met && <Node node={node.met} totalMs={totalMs} lead="true" />}
          {node.otherwise && <Node node={node.otherwise} totalMs={totalMs} lead="false" />}
        </Branch>
      );
    case 'subscription':
      return (
        <Branch lead={lead} name="Each event">
          <Node node={node.primary} totalMs={totalMs} lead="comes from" />
          {node.rest && <Node node={node.rest} totalMs={totalMs} lead="filled in" />}
        </Branch>
      );
  }
}

function Branch({ lead, name, children }: { lead?: string | undefined; name: string; children: React.ReactNode }) {
  return (
    <li className="plan-branch">
      <span className="plan-kind">
        {lead !== undefined && `${lead}: `}
        {name}
      </span>
      <ul>{children}</ul>
    </li>
  );
}

interface FetchProps {
  readonly fetch: ExplainedFetch;
  readonly totalMs: number;
  readonly path?: string | undefined;
  readonly lead?: string | undefined;
}

function Fetch({ fetch, totalMs, path, lead }: FetchProps) {
  const { subgraph, operation, requires, requests } = fetch;
  return (
    <li className="plan-fetch">
      <div className="plan-head">
        {lead !== undefined && <span className="plan-kind">{lead}: </span>}
        <b>{subgraph}</b>
        {path !== undefined && <code className="plan-path">{path}</code>}
        {requests.length > 1 && <span className="plan-times">{requests.length} requests</span>}
      </div>
      {requests.length === 0 && <p className="plan-facts">not asked: there was nothing to ask for</p>}
      {requests.map((request, index) => (
        <Request key={index} request={request} totalMs={totalMs} />
      ))}
      <details>
        <summary>Operation</summary>
        {requires !== undefined && (
          <p className="plan-facts">
            for each: <code>{requires}</code>
          </p>
        )}
        <pre tabIndex={0} aria-label={`Operation for ${subgraph}`}>
          {pretty(operation)}
        </pre>
      </details>
    </li>
  );
}

function Request({ request, totalMs }: { request: ExplainedRequest; totalMs: number }) {
  const {
    startedMs,
    tookMs = 0,
    entities,
    requestBytes,
    answerBytes,
    tries = 1,
    shared,
    error,
    answeredErrors,
  } = request;
  const whole = Math.max(totalMs, startedMs + tookMs, 0.01);
  // What came by itself, as an event does, took no time here.
  const isEvent = requestBytes === 0;
  const facts = [
    !isEvent && `${ms(tookMs)}, begun at ${ms(startedMs)}`,
    entities !== undefined && `${entities} ${entities === 1 ? 'entity' : 'entities'}`,
    !isEvent && `${bytes(requestBytes)} sent`,
    answerBytes !== undefined && `${bytes(answerBytes)} received`,
    shared !== undefined && `shared ${shared}`,
    tries > 1 && `sent ${tries} times`,
    answeredErrors !== undefined && `${answeredErrors} ${answeredErrors === 1 ? 'error' : 'errors'}`,
  ].filter((one) => one !== false);
  return (
    <div className="plan-request">
      {!isEvent && (
        <svg className="plan-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
          <rect className="plan-bar-whole" x="0" y="0" width="100" height="4" />
          <rect
            className={error === undefined ? 'plan-bar-part' : 'plan-bar-failed'}
            x={(startedMs / whole) * 100}
            y="0"
            width={Math.max((tookMs / whole) * 100, 1)}
            height="4"
          />
        </svg>
      )}
      <p className="plan-facts">{facts.join(' · ')}</p>
      {error !== undefined && (
        <p className="plan-error">
          {error.message} {typeof error.code === 'string' && <code>{error.code}</code>}
        </p>
      )}
    </div>
  );
}

function ms(time: number): string {
  return `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`;
}

function bytes(count: number): string {
  return count < 1_000 ? `${count} B` : `${(count / 1_000).toFixed(1)} kB`;
}

function pretty(operation: string): string {
  try {
    return print(parse(operation));
  } catch {
    return operation;
  }
}
