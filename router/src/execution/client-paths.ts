import { Kind, type DocumentNode, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';
import type { ResponsePath } from './paths.ts';

/**
 * The place of an error in the client's answer: its own names, as far as the path leads to something that it asked for. The
 * planner asks for more (keys, what `@requires` names), and for some fields under other names.
 */
export type ToClientPath = (path: readonly (string | number)[]) => ResponsePath;

/** @param responseNames the client's response names, by those that the planner got in their place */
export function prepareClientPaths(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  responseNames: ReadonlyMap<string, string>,
): ToClientPath {
  return function toClientPath(path) {
    const known: ResponsePath = [];
    let level: readonly SelectionSetNode[] = [operation.selectionSet];
    for (const element of path) {
      if (typeof element === 'string') {
        const below = fieldsNamed(element, level, document);
        if (below === undefined) break;
        level = below;
        known.push(responseNames.get(element) ?? element);
      } else known.push(element);
    }
    return known;
  };
}

/** What is selected below all fields of that response name, on objects of whatever type; undefined when there is no such field. */
function fieldsNamed(
  name: string,
  selectionSets: readonly SelectionSetNode[],
  document: DocumentNode,
): SelectionSetNode[] | undefined {
  let below: SelectionSetNode[] | undefined;
  const seen = new Set<string>();
  const rest = [...selectionSets];
  for (let selectionSet = rest.pop(); selectionSet !== undefined; selectionSet = rest.pop()) {
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) {
        if ((selection.alias ?? selection.name).value !== name) continue;
        below ??= [];
        if (selection.selectionSet !== undefined) below.push(selection.selectionSet);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        rest.push(selection.selectionSet);
      } else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        for (const one of document.definitions) {
          if (one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === selection.name.value)
            rest.push(one.selectionSet);
        }
      }
    }
  }
  return below;
}
