import type { FetchNode } from '@apollo/query-planner';
import { subrequestFailed } from '../errors.ts';
import type { Variables } from '../planning/variables.ts';
import { prepareAsk, type FetchTools } from './ask.ts';
import { prepareContextArguments } from './context-arguments.ts';
import { createEntities, prepareAddEntity, type Entities } from './entities.ts';
import { fetchFailed, subgraphError, type SubgraphError } from './failures.ts';
import { prepareBody } from './fetch-body.ts';
import { prepareMerge } from './merge.ts';
import type { Places, ResponsePath } from './paths.ts';
import { prepareRepresentation } from './representations.ts';
import { prepareRewrites } from './rewrites.ts';
import { isObject, tell, type Data, type Run, type Step } from './run.ts';

/**
 * Prepares a fetch of fields of entities that other subgraphs found. Each distinct representation is sent once, and what
 * comes for it is put into all objects that it stands for.
 */
export function prepareEntityFetch(
  node: FetchNode,
  requires: NonNullable<FetchNode['requires']>,
  places: Places,
  tools: FetchTools,
): Step {
  const body = prepareBody(node);
  const ask = prepareAsk(node, tools);
  const merge = prepareMerge(tools);
  const add = prepareAddEntity(
    requires,
    prepareRepresentation(requires, { isOfType: tools.isOfType, partial: isConditional(node) }),
  );
  const contextArguments = prepareContextArguments(node.contextRewrites, tools.isOfType);
  const rewriteInput = prepareRewrites(node.inputRewrites, tools.isOfType);
  const rewriteOutput = prepareRewrites(node.outputRewrites, tools.isOfType);

  function rewritten(text: string): string {
    const representation: unknown = JSON.parse(text);
    rewriteInput!(representation);
    return JSON.stringify(representation);
  }

  async function fetchFor({ byRepresentation }: Entities, variables: Variables | undefined, run: Run): Promise<void> {
    const given = [...byRepresentation.keys()];
    const representations = rewriteInput === undefined ? given : given.map(rewritten);
    const objects = [...byRepresentation.values()];
    const answer = await ask(run, body(variables, representations), () => pathOf(objects, run));
    if (answer === undefined) return;
    if (answer.errors !== undefined) tellErrors(answer.errors, objects, run);
    const found = answer.data?.['_entities'];
    if (!Array.isArray(found)) {
      if (answer.errors !== undefined) return;
      tell(run, fetchFailed(subrequestFailed(node.serviceName), pathOf(objects, run)));
      return;
    }
    for (let index = 0; index < objects.length; index++) {
      const entity: unknown = found[index];
      if (!isObject(entity)) continue;
      rewriteOutput?.(entity);
      merge(objects[index]!, entity, run);
    }
  }

  /** The one place that the fetch was for, else the path as far as its places have it in common. */
  function pathOf(objects: readonly (readonly Data[])[], run: Run): ResponsePath {
    if (objects.length !== 1 || objects[0]!.length !== 1) return places.commonPath;
    const paths = places.paths(run).get(objects[0]![0]) ?? [];
    return paths.length === 1 ? paths[0]! : places.commonPath;
  }

  function tellErrors(errors: readonly SubgraphError[], objects: readonly (readonly Data[])[], run: Run): void {
    const paths = places.paths(run);
    for (const error of errors) {
      const [field, index, ...rest] = error.path ?? [];
      const failed = field === '_entities' && typeof index === 'number' ? objects[index] : undefined;
      if (failed === undefined) {
        tell(run, subgraphError(error, node.serviceName, pathOf(objects, run)));
        continue;
      }
      for (const object of failed) {
        for (const path of paths.get(object) ?? []) {
          tell(run, subgraphError(error, node.serviceName, [...path, ...rest]));
        }
      }
    }
  }

  function fetchEntities(run: Run): Promise<void> | undefined {
    const entities = createEntities();
    for (const object of places.objects(run)) add(object, entities);
    return entities.byRepresentation.size === 0 ? undefined : fetchFor(entities, run.variables, run);
  }

  /** One fetch for each set of arguments that the entities find above them. */
  function fetchInContext(run: Run): Promise<void> {
    const fetches = new Map<string, { variables: Variables; entities: Entities }>();
    for (const { object, above } of places.objectsInContext(run)) {
      const given = contextArguments!(above);
      const key = JSON.stringify(given);
      let fetch = fetches.get(key);
      if (fetch === undefined) {
        fetch = { variables: { ...run.variables, ...given }, entities: createEntities() };
        fetches.set(key, fetch);
      }
      add(object, fetch.entities);
    }
    const all = [...fetches.values()].filter(({ entities }) => entities.byRepresentation.size > 0);
    return Promise.all(all.map(({ variables, entities }) => fetchFor(entities, variables, run))).then(() => undefined);
  }

  return contextArguments === undefined ? fetchEntities : fetchInContext;
}

/** Whether some of its fields depend on variables. */
function isConditional({ operation }: FetchNode): boolean {
  return operation.includes('@skip(') || operation.includes('@include(');
}
