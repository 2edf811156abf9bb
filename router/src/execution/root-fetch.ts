import type { FetchNode } from '@apollo/query-planner';
import { Kind, parse } from 'graphql';
import { prepareAsk, type FetchTools } from './ask.ts';
import { subgraphError, type SubgraphError } from './failures.ts';
import { prepareBody } from './fetch-body.ts';
import { prepareMerge } from './merge.ts';
import type { Places } from './paths.ts';
import { prepareRewrites } from './rewrites.ts';
import { isObject, tell, type Data, type Run, type Step } from './run.ts';

/** Prepares a fetch of fields of the operation's root, or of a root object that a field leads back to. */
export function prepareRootFetch(node: FetchNode, places: Places, tools: FetchTools): Step {
  const body = prepareBody(node);
  const ask = prepareAsk(node, tools);
  const merge = prepareMerge(tools);
  const rewrite = prepareRewrites(node.outputRewrites, tools.isOfType);
  // What concerns all of the operation's root is told of a field: an error without a path says that there is no data at all.
  const names = places.isRoot ? rootNames(node.operation) : [];
  const failedPath = [...places.commonPath, ...names.slice(0, 1)];
  const vaguePath = names.length === 1 ? failedPath : places.commonPath;

  async function fetchFor(targets: readonly Data[], run: Run): Promise<void> {
    const answer = await ask(run, body(run.variables), () => failedPath);
    if (answer === undefined) return;
    const { data, errors } = answer;
    if (errors !== undefined) tellErrors(errors, run);
    if (!isObject(data)) return;
    rewrite?.(data);
    merge(targets, data, run);
  }

  function tellErrors(errors: readonly SubgraphError[], run: Run): void {
    for (const error of errors) {
      const [field, ...rest] = error.path ?? [];
      const isKnown = field !== undefined && (names.length === 0 || names.includes(String(field)));
      const path = isKnown ? [...places.commonPath, field, ...rest] : vaguePath;
      tell(run, subgraphError(error, node.serviceName, path));
    }
  }

  return function fetchFields(run) {
    const targets = places.objects(run);
    return targets.length === 0 ? undefined : fetchFor(targets, run);
  };
}

/** The response names of an operation's own fields that are there whatever the variables are. */
function rootNames(operation: string): string[] {
  const names = new Set<string>();
  for (const definition of parse(operation).definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    for (const selection of definition.selectionSet.selections) {
      if (selection.kind !== Kind.FIELD || selection.directives?.length !== 0) return [];
      names.add((selection.alias ?? selection.name).value);
    }
  }
  return [...names];
}
