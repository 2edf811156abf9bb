import type { QueryPlanSelectionNode } from '@apollo/query-planner';

import { isObject, type Data } from './run.ts';

/**
 * The JSON text by which a subgraph finds an entity: its type's name, a key, and what `@requires` names. Undefined when a
 * part of it is not there: whatever kept it away has made an error already.
 */
export type Represent = (object: Data) => string | undefined;

type Selections = readonly QueryPlanSelectionNode[];

interface Part {
  /** `,"name":` */
  readonly lead: string;
  readonly key: string;
  /** Of the value when it is an object or a list of them. */
  readonly represent: Represent | undefined;
}

/**
 * Prepares the representation of entities by the selections of a plan's `requires`.
 *
 * @param options.isOfType whether an object of the type `name` is a `condition`
 * @param options.partial what is required for different fields may be missing apart: the fields depend on conditions, and
 *   the subgraph is asked for those only of which all is there
 */
export function prepareRepresentation(
  selections: Selections,
  options: { isOfType: IsOfType; partial: boolean },
): Represent {
  const { isOfType, partial } = options;
  const isWhole = !partial || selections.length === 1;
  const represent = isWhole ? prepareObject(selections, isOfType) : preparePartial(selections, isOfType);
  // Without the name of a type no subgraph knows what it is.
  return (object) => (typeof object['__typename'] === 'string' ? represent(object) : undefined);
}

type IsOfType = (name: string, condition: string) => boolean;

function preparePartial(selections: Selections, isOfType: IsOfType): Represent {
  const parts = selections.map((selection) => prepareObject([selection], isOfType));
  return function representParts(object) {
    const texts = parts.map((represent) => represent(object)).filter((text) => text !== undefined);
    if (texts.length < 2) return texts[0];
    return JSON.stringify(Object.assign({}, ...texts.map((text) => JSON.parse(text) as Data)));
  };
}

function prepareObject(selections: Selections, isOfType: IsOfType): Represent {
  if (selections.every(({ kind }) => kind === 'Field')) return represented(partsOf(selections, undefined));
  const byType = new Map<unknown, Represent>();
  return function representByType(object) {
    const name = object['__typename'];
    let represent = byType.get(name);
    if (represent === undefined) {
      represent = represented(partsOf(selections, typeof name === 'string' ? name : undefined));
      // The names come from a subgraph: what isn't in the schema must not fill up memory.
      if (byType.size < 1_000) byType.set(name, represent);
    }
    return represent(object);
  };

  function partsOf(all: Selections, typeName: string | undefined): Part[] {
    const fields = new Map<string, QueryPlanSelectionNode[] | undefined>();
    collect(all, typeName, fields);
    return [...fields].map(([key, below]) => ({
      lead: `,${JSON.stringify(key)}:`,
      key,
      represent: below && prepareObject(below, isOfType),
    }));
  }

  function collect(
    all: Selections,
    typeName: string | undefined,
    fields: Map<string, QueryPlanSelectionNode[] | undefined>,
  ): void {
    for (const selection of all) {
      if (selection.kind === 'InlineFragment') {
        const { typeCondition } = selection;
        const applies = typeCondition === undefined || (typeName !== undefined && isOfType(typeName, typeCondition));
        if (applies) collect(selection.selections, typeName, fields);
        continue;
      }
      const key = selection.alias ?? selection.name;
      const below = [...(fields.get(key) ?? []), ...(selection.selections ?? [])];
      fields.set(key, selection.selections === undefined ? undefined : below);
    }
  }
}

function represented(parts: readonly Part[]): Represent {
  return function represent(object) {
    if (parts.length === 0) return undefined;
    let text = '';
    for (const { lead, key, represent: below } of parts) {
      const value = object[key];
      if (value === undefined || typeof value === 'function') return undefined;
      const part = below === undefined ? JSON.stringify(value) : nested(value, below);
      if (part === undefined) return undefined;
      text += lead + part;
    }
    return `{${text.slice(1)}}`;
  };
}

function nested(value: unknown, represent: Represent): string | undefined {
  if (value === null) return 'null';
  if (Array.isArray(value)) {
    const texts: string[] = [];
    for (const one of value) {
      const text = nested(one, represent);
      if (text === undefined) return undefined;
      texts.push(text);
    }
    return `[${texts.join(',')}]`;
  }
  return isObject(value) ? represent(value) : undefined;
}
