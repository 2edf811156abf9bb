import { Kind, visit, type DocumentNode, type OperationDefinitionNode } from 'graphql';
import type { Variables } from '../planning/variables.ts';

/** The Boolean variables that an operation's `@skip` and `@include` depend on. */
export interface Conditions {
  /** What they are in a request: one character each, so that equal values make equal texts. */
  key(variables: Variables | undefined): string;
  isTrue(name: string, variables: Variables | undefined): boolean;
  /** Reads what `key` wrote. */
  valuesOf(key: string): ReadonlyMap<string, boolean>;
}

export function prepareConditions(document: DocumentNode, operation: OperationDefinitionNode): Conditions {
  const found = new Set<string>();
  visit(document, {
    Directive({ name, arguments: given = [] }) {
      if (name.value !== 'skip' && name.value !== 'include') return;
      for (const { value } of given) if (value.kind === Kind.VARIABLE) found.add(value.name.value);
    },
  });
  const names = [...found];
  const defaults = new Map(
    (operation.variableDefinitions ?? []).map(({ variable, defaultValue }) => [
      variable.name.value,
      defaultValue?.kind === Kind.BOOLEAN && defaultValue.value,
    ]),
  );

  function isTrue(name: string, variables: Variables | undefined): boolean {
    const given = variables !== undefined && Object.hasOwn(variables, name) ? variables[name] : undefined;
    return given === undefined ? (defaults.get(name) ?? false) : given === true;
  }

  return {
    isTrue,
    key(variables) {
      let key = '';
      for (const name of names) key += isTrue(name, variables) ? '1' : '0';
      return key;
    },
    valuesOf: (key) => new Map(names.map((name, index) => [name, key[index] === '1'])),
  };
}
