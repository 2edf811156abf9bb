import type { FetchNode } from '@apollo/query-planner';
import type { Variables } from '../variables.ts';

/** The request of a fetch as JSON text. */
export type FetchBody = (variables: Variables | undefined, representations?: readonly string[]) => string;

/**
 * What a fetch asks, without variables.
 *
 * The planner numbers the fetches of an operation in their names. The number goes, so that two fetches that ask the same
 * are the same.
 */
export function requestText({ operation, operationName }: FetchNode): { query: string; operationName?: string } {
  if (operationName === undefined) return { query: operation };
  const name = operationName.replace(/__\d+$/, '');
  return { query: operation.replace(` ${operationName}`, ` ${name}`), operationName: name };
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
