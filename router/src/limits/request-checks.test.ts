import { createLogger } from '@cafe-for-me/lib/log';
import { GraphQLError } from 'graphql';
import { createFormatError } from '../errors.ts';
import type { Executor } from '../execute.ts';
import { createIdentity } from '../authorization/identity.ts';
import { loadPersistedOperations } from '../pipeline/persisted-operations.ts';
import { startPipeline } from '../pipeline/pipeline.ts';
import { allOf, type OperationRule } from './request-checks.ts';
import type { RequestContext } from '../request-context.ts';
import { defaultSettings } from '../config/settings.ts';
import { loadSupergraph, type LoadedSupergraph } from '../supergraph.ts';
import { startSubgraphs } from '../testing/supergraph.ts';

const log = createLogger({ service: 'router', level: 'error', destination: { write: () => undefined } });
const { anonymous } = createIdentity({ routerKey: undefined, tokens: undefined });
const context: RequestContext = { requestId: 'r', traceparent: undefined, caller: anonymous, headers: {} };

/** It answers at once, and notes what it was asked. */
function createFakeExecutor() {
  const executed: string[] = [];
  const note = (type: string) => void executed.push(type);
  const executor = {
    async execute({ operation }) {
      note(operation.operation);
      return { data: '{"done":true}' };
    },
    prepare: () => undefined,
    subscription({ operation }) {
      note(operation.operation);
      return { primary: {} as never, variables: {}, executeEvent: () => Promise.reject(new Error('no events')) };
    },
  } satisfies Executor;
  return { executor, executed };
}

let graph: LoadedSupergraph;
beforeAll(async () => {
  const subgraphs = await startSubgraphs();
  graph = loadSupergraph(subgraphs.sdl);
  await subgraphs.stop();
});

async function pipelineWith(...rules: OperationRule[]) {
  const { executor, executed } = createFakeExecutor();
  const settings = defaultSettings;
  const persisted = await loadPersistedOperations(settings.persistedOperations, log);
  const formatError = createFormatError(log);
  const pipeline = await startPipeline({ graph, executor, formatError, persisted, settings, rules, log });

  async function overHttp(query: string, variables?: Record<string, unknown>): Promise<number> {
    const headers = { 'content-type': 'application/json' };
    const { status = 200 } = await pipeline.http(
      { method: 'POST', headers, search: '', body: { query, ...(variables && { variables }) } },
      context,
    );
    return status;
  }
  return { pipeline, executed, overHttp };
}

const no = (code: string) => new GraphQLError('no', { extensions: { code, http: { status: 400 } } });
const operations = ['{ me { id } }', 'mutation { append(text: "x") }', 'subscription { unending { version } }'];

describe('a rule about operations', () => {
  it('is prepared once for each operation, and its check runs for each request of it, on every transport', async () => {
    const prepared: string[] = [];
    const checked: unknown[] = [];
    const { pipeline, executed, overHttp } = await pipelineWith({
      prepare({ operation }) {
        prepared.push(operation.operation);
        return function check({ variables, context: { requestId } }) {
          checked.push([operation.operation, variables, requestId]);
          return undefined;
        };
      },
    });
    for (const query of operations) {
      for (const _time of [1, 2, 3]) await pipeline.run({ query, variables: { x: 1 } }, context);
    }
    expect(prepared).toEqual(['query', 'mutation', 'subscription']);
    const threeTimes = (type: string) => Array.from({ length: 3 }, () => [type, { x: 1 }, 'r']);
    expect(checked).toEqual(['query', 'mutation', 'subscription'].flatMap(threeTimes));
    expect(executed).toHaveLength(9);
    await overHttp('{ me { id } }');
    expect(prepared).toHaveLength(3);
    expect(checked).toHaveLength(10);
    await pipeline.stop();
  });

  it('refuses a request before anything is executed, for the first time and when the operation is known', async () => {
    const { pipeline, executed, overHttp } = await pipelineWith({
      prepare:
        () =>
        ({ variables }) =>
          variables?.['x'] === 1 ? undefined : no('NOT_ONE'),
    });
    for (const query of operations) {
      for (const x of [2, 1, 2]) {
        const { status } = await pipeline.run({ query, variables: { x } }, context);
        expect(status === 'refused').toBe(x === 2);
      }
    }
    expect(executed).toEqual(['query', 'mutation', 'subscription']);
    expect([await overHttp('{ me { id } }', { x: 2 }), await overHttp('{ badges }', { x: 2 })]).toEqual([400, 400]);
    expect(executed).toHaveLength(3);
    await pipeline.stop();
  });

  it('may refuse an operation for good', async () => {
    const { pipeline, executed } = await pipelineWith({ prepare: () => no('NEVER') });
    for (const query of [...operations, ...operations]) {
      const outcome = await pipeline.run({ query }, context);
      expect(outcome).toMatchObject({ status: 'refused', errors: [{ message: 'no', extensions: { code: 'NEVER' } }] });
    }
    expect(executed).toEqual([]);
    await pipeline.stop();
  });
});

describe('several rules', () => {
  const operation = {} as never;
  const passing: OperationRule = { prepare: () => () => undefined };
  const silent: OperationRule = { prepare: () => undefined };
  const refusing = (code: string): OperationRule => ({ prepare: () => () => no(code) });
  const never = (code: string): OperationRule => ({ prepare: () => no(code) });

  it('ask nothing of requests when none of them does', () => {
    expect(allOf([]).prepare(operation)).toBeUndefined();
    expect(allOf([silent, silent]).prepare(operation)).toBeUndefined();
  });

  it.each([
    ['the first refusal of a request', [passing, silent, refusing('A'), refusing('B')], 'A'],
    ['a refusal for good, before any of a request', [refusing('A'), never('B')], 'B'],
  ])('have one word: %s', (_what, rules, code) => {
    const prepared = allOf(rules).prepare(operation);
    const refusal = typeof prepared === 'function' ? prepared({ variables: undefined, context }) : prepared;
    expect(refusal?.extensions['code']).toBe(code);
  });
});
