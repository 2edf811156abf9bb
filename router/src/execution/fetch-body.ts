import type { FetchNode } from '@apollo/query-planner';
import { Kind, parse, print, type DefinitionNode, type SelectionNode } from 'graphql';
import type { Variables } from '../planning/variables.ts';

/** The request of a fetch as JSON text. */
export type FetchBody = (variables: Variables | undefined, representations?: readonly string[]) => string;

/**
 * What a fetch asks, without variables.
 *
 * The planner numbers the fetches of an operation in their names. The number goes, so that two fetches that ask the same
 * are the same.
 */
export function requestText(node: FetchNode): { query: string; operationName?: string } {
  const { operationName } = node;
  const query = node.requires === undefined ? withoutRootName(node.operation) : node.operation;
  if (operationName === undefined) return { query };
  const name = operationName.replace(/__\d+$/, '');
  return { query: query.replace(` ${operationName}`, ` ${name}`), operationName: name };
}

/** A fragment on the root's name always applies, and a subgraph may call its root otherwise. */
function withoutRootName(operation: string): string {
  if (!/\.\.\. ?on (?:Query|Mutation)\b/.test(operation)) return operation;
  const outermost = (selection: SelectionNode): readonly SelectionNode[] =>
    selection.kind === Kind.INLINE_FRAGMENT && (selection.directives ?? []).length === 0
      ? selection.selectionSet.selections.flatMap(outermost)
      : [selection];
  const document = parse(operation);
  const definitions = document.definitions.map(function unwrap(definition): DefinitionNode {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return definition;
    const { selectionSet } = definition;
    return { ...definition, selectionSet: { ...selectionSet, selections: selectionSet.selections.flatMap(outermost) } };
  });
  return print({ ...document, definitions });
}

/** Prepares the request: all of it is text already but the variables. */
export function prepareBody(node: FetchNode): FetchBody {
  const { variableUsages = [], requires } = node;
  const start = `${JSON.stringify(requestText(node)).slice(0, -1)},"variables":{`;
  const names = variableUsages.map((variable) => ({ variable, lead: `${JSON.stringify(variable)}:` }));

  return function body(variables, representations) {
    let text = start;
    let separator = '';
    if (requires !== undefined) {
      text += `"representations":[${representations!.join(',')}]`;
      separator = ',';
    }
    if (variables !== undefined) {
      for (const { variable, lead } of names) {
        if (!Object.hasOwn(variables, variable) || variables[variable] === undefined) continue;
        text += separator + lead + JSON.stringify(variables[variable]);
        separator = ',';
      }
    }
    return `${text}}}`;
  };
}
