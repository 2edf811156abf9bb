import type { Fetcher } from '@graphiql/toolkit';
import { getOperationAST, Kind, OperationTypeNode, parse, type OperationDefinitionNode } from 'graphql';
import { subscribeLive, type LiveSink } from './live-run.tsx';
import type { Example, Offered } from './offered.ts';
import { fillIn, NothingAnswered } from './placeholders.ts';
import { beginRun, keepAnswer, latestAnswers, updateRun } from './runs.ts';
import type { Explained } from '../src/execution/explained.ts';

interface Answer {
  readonly data?: unknown;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/**
 * Queries and mutations go over HTTP, subscriptions over a WebSocket at the same address, both with the same token.
 *
 * @param wantsPlan whether the plan is to be asked for
 */
export function createFetcher({ explain, examples }: Offered, wantsPlan: () => boolean): Fetcher {
  return function fetchOrSubscribe(params, options) {
    const headers = (options?.headers ?? {}) as Record<string, string>;
    const operation = chosenOperation(params.query, params.operationName ?? undefined);
    const operationName = operation?.name?.value;
    // What the page asks for its own sake is no run of a tab.
    if (params.operationName === 'IntrospectionQuery') return post({ query: params.query, operationName }, headers);
    let variables: unknown;
    try {
      variables = fillIn(params.variables as unknown, latestAnswers());
    } catch (error) {
      if (error instanceof NothingAnswered) return Promise.resolve(refusal(error, examples));
      throw error;
    }
    const extensions = explain && wantsPlan() ? { explain: true } : undefined;
    const request = { query: params.query, variables, operationName, extensions };
    if (operation?.operation === OperationTypeNode.SUBSCRIPTION) {
      return {
        subscribe(sink: LiveSink) {
          const { tab, stop } = subscribeLive(request as never, headers, {
            next: (answer) => sink.next(withoutPlan(tab, answer)),
            error: (error) => sink.error(error),
            complete: () => sink.complete(),
          });
          return { unsubscribe: stop };
        },
      } as ReturnType<Fetcher>;
    }
    const tab = beginRun({ answered: false });
    return post(request, headers).then((answer) => withoutPlan(tab, answer) as never);
  };
}

async function post(request: object, headers: Record<string, string>): Promise<never> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify(request),
  });
  return (await response.json()) as never;
}

/** The plan has a pane of its own. */
function withoutPlan(tab: string, answer: Answer): Answer {
  keepAnswer(answer.data);
  const { explain, ...others } = answer.extensions ?? {};
  updateRun(tab, (run) => ({ ...run, answered: true, explained: explain as Explained | undefined }));
  if (answer.extensions === undefined || Object.keys(others).length > 0) {
    return explain === undefined ? answer : { ...answer, extensions: others };
  }
  const { extensions: _extensions, ...rest } = answer;
  return rest;
}

/** Says which example has the answer that lacks. */
function refusal({ paths, message }: NothingAnswered, examples: readonly Example[]): never {
  const roots = new Set(paths.map((path) => path.split('.', 1)[0]));
  const first = examples.filter(({ query }) => rootsOf(query).some((name) => roots.has(name)));
  const hint = first.map(({ title }) => `“${title}”`).join(' or ');
  const text = hint === '' ? message : `Run ${hint} first. ${message}`;
  return { errors: [{ message: text, extensions: { code: 'PLAYGROUND_NOTHING_TO_FILL_IN' } }] } as never;
}

function rootsOf(query: string): string[] {
  return parse(query).definitions.flatMap((definition) =>
    definition.kind !== Kind.OPERATION_DEFINITION
      ? []
      : definition.selectionSet.selections.flatMap((one) =>
          one.kind === Kind.FIELD ? [(one.alias ?? one.name).value] : [],
        ),
  );
}

/** The editor tells the name of the operation a moment late: right after an example is chosen it is the one before. */
function chosenOperation(query: string, name: string | undefined): OperationDefinitionNode | undefined {
  try {
    const document = parse(query);
    const first = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
    return getOperationAST(document, name) ?? first;
  } catch {
    // The router has the words for what does not parse.
    return undefined;
  }
}
