import type { FetchNode } from '@apollo/query-planner';
import { Kind, parse } from 'graphql';
import { subrequestFailed } from '../errors.ts';
import type { SubgraphFetch } from '../fetch.ts';
import { parseAnswer, type SubgraphAnswer } from '../subgraph-answer.ts';
import { fetchFailed, subgraphError, type SubgraphError } from './failures.ts';
import { prepareBody } from './fetch-body.ts';
import { merge, mergeIntoAll } from './merge.ts';
import { preparePlaces, type Places, type ResponsePath } from './paths.ts';
import { prepareRepresentation } from './representations.ts';
import { prepareRewrites } from './rewrites.ts';
import { isObject, type Data, type Run, type Step } from './run.ts';

/** What a plan's fetches need of their surroundings. */
export interface FetchTools {
  /** By subgraph name. */
  readonly fetches: ReadonlyMap<string, SubgraphFetch>;
  /** Whether an object of the type `name` is a `condition`, `@inaccessible` types included. */
  isOfType(name: string, condition: string): boolean;
  /** Queries may be sent again, and answered together with others; mutations may not. */
  readonly isQuery: boolean;
}

/**
 * Prepares one fetch.
 *
 * @param path of the objects that it completes; empty for the operation's root
 */
export function prepareFetch(node: FetchNode, path: readonly (string | number)[], tools: FetchTools): Step {
  const places = preparePlaces(path);
  const ask = prepareAsk(node, tools);
  return node.requires === undefined
    ? prepareRootFetch(node, places, ask, tools)
    : prepareEntityFetch(node, node.requires, places, ask, tools);
}

/** Sends a request and gives the answer. What fails is put down at `path` among the run's errors. */
type Ask = (run: Run, body: string, path: () => ResponsePath) => Promise<SubgraphAnswer | undefined>;

function prepareAsk({ serviceName }: FetchNode, { fetches, isQuery }: FetchTools): Ask {
  const fetch = fetches.get(serviceName);
  if (fetch === undefined) throw new Error(`The plan names the subgraph "${serviceName}", which isn't there.`);
  const use = { shareable: isQuery };

  function exchange(run: Run, body: string): Promise<string> {
    if (!isQuery) return fetch!.exchange(body, run.context, use);
    const key = `${serviceName} ${body}`;
    run.asked ??= new Map();
    let answer = run.asked.get(key);
    if (answer === undefined) {
      answer = fetch!.exchange(body, run.context, use);
      run.asked.set(key, answer);
    }
    return answer;
  }

  return async function ask(run, body, path) {
    try {
      // Each fetch parses its answer by itself: two that asked the same may go on to complete it differently.
      const answer = parseAnswer(await exchange(run, body));
      if (answer !== undefined) return answer;
      throw subrequestFailed(serviceName);
    } catch (error) {
      run.errors.push(fetchFailed(error, path()));
      return undefined;
    }
  };
}

/** Fields of the operation's root, or of a root object that a field leads back to. */
function prepareRootFetch(node: FetchNode, places: Places, ask: Ask, tools: FetchTools): Step {
  const body = prepareBody(node);
  const rewrite = prepareRewrites(node.outputRewrites, tools.isOfType);
  // What concerns all of the operation's root is told of a field: an error without a path says that there is no data at all.
  const names = places.isRoot ? rootNames(node.operation) : [];
  const failedPath = [...places.commonPath, ...names.slice(0, 1)];
  const vaguePath = names.length === 1 ? failedPath : places.commonPath;

  async function run(run: Run, targets: readonly Data[]): Promise<void> {
    const answer = await ask(run, body(run.variables), () => failedPath);
    if (answer === undefined) return;
    const { data, errors } = answer;
    if (errors !== undefined) tellErrors(errors, run);
    if (!isObject(data)) return;
    rewrite?.(data);
    if (targets.length === 1) merge(targets[0]!, data);
    else mergeIntoAll(targets, data, (run.shared ??= new Set()));
  }

  function tellErrors(errors: readonly SubgraphError[], { errors: told }: Run): void {
    for (const error of errors) {
      const [field, ...rest] = error.path ?? [];
      const isKnown = field !== undefined && (names.length === 0 || names.includes(String(field)));
      const path = isKnown ? [...places.commonPath, field, ...rest] : vaguePath;
      told.push(subgraphError(error, node.serviceName, path));
    }
  }

  return function fetchFields(current) {
    const targets = places.objects(current);
    return targets.length === 0 ? undefined : run(current, targets);
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

/** Fields of entities that other subgraphs found: each distinct representation is sent once. */
function prepareEntityFetch(
  node: FetchNode,
  requires: NonNullable<FetchNode['requires']>,
  places: Places,
  ask: Ask,
  tools: FetchTools,
): Step {
  const body = prepareBody(node);
  const represent = prepareRepresentation(requires, tools.isOfType);
  const rewriteInput = prepareRewrites(node.inputRewrites, tools.isOfType);
  const rewriteOutput = prepareRewrites(node.outputRewrites, tools.isOfType);

  function rewritten(text: string): string {
    const representation: unknown = JSON.parse(text);
    rewriteInput!(representation);
    return JSON.stringify(representation);
  }

  async function fetchFor(run: Run, groups: ReadonlyMap<string, Data[]>): Promise<void> {
    let representations = [...groups.keys()];
    if (rewriteInput !== undefined) representations = representations.map(rewritten);
    const objects = [...groups.values()];
    const answer = await ask(run, body(run.variables, representations), () => pathOf(objects, run));
    if (answer === undefined) return;
    if (answer.errors !== undefined) tellErrors(answer.errors, objects, run);
    const entities = answer.data?.['_entities'];
    if (!Array.isArray(entities)) {
      if (answer.errors === undefined)
        run.errors.push(fetchFailed(subrequestFailed(node.serviceName), pathOf(objects, run)));
      return;
    }
    for (let index = 0; index < objects.length; index++) {
      const entity: unknown = entities[index];
      if (!isObject(entity)) continue;
      rewriteOutput?.(entity);
      const targets = objects[index]!;
      if (targets.length === 1) merge(targets[0]!, entity);
      else mergeIntoAll(targets, entity, (run.shared ??= new Set()));
    }
  }

  /** The one place that the fetch was for, else the path as far as its places have it in common. */
  function pathOf(objects: readonly (readonly Data[])[], run: Run): ResponsePath {
    const [paths, more] =
      objects.length === 1 ? [places.pathsTo(objects[0]![0]!, run), objects[0]!.length > 1] : [[], true];
    return !more && paths.length === 1 ? paths[0]! : places.commonPath;
  }

  function tellErrors(errors: readonly SubgraphError[], objects: readonly (readonly Data[])[], run: Run): void {
    for (const error of errors) {
      const [field, index, ...rest] = error.path ?? [];
      const targets = field === '_entities' && typeof index === 'number' ? objects[index] : undefined;
      if (targets === undefined) {
        run.errors.push(subgraphError(error, node.serviceName, pathOf(objects, run)));
        continue;
      }
      for (const target of targets) {
        for (const path of places.pathsTo(target, run)) {
          run.errors.push(subgraphError(error, node.serviceName, [...path, ...rest]));
        }
      }
    }
  }

  return function fetchEntities(run) {
    const groups = new Map<string, Data[]>();
    for (const object of places.objects(run)) {
      const text = represent(object);
      if (text === undefined) continue;
      const same = groups.get(text);
      if (same === undefined) groups.set(text, [object]);
      else same.push(object);
    }
    return groups.size === 0 ? undefined : fetchFor(run, groups);
  };
}
