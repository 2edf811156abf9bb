import type { FetchNode } from '@apollo/query-planner';
import type { Represent } from './representations.ts';
import type { Data } from './run.ts';

/** The objects of the data that are one entity each, by the representation that it is asked for with. */
export interface Entities {
  readonly byRepresentation: Map<string, Data[]>;
  /** The same lists, where the entity's type and one value say it all: then most representations need not be made. */
  readonly byKey: Map<unknown, Data[]>;
}

export function createEntities(): Entities {
  return { byRepresentation: new Map(), byKey: new Map() };
}

/** Puts an object to those that are the same entity. One that can't be represented is left out. */
export type AddEntity = (object: Data, entities: Entities) => void;

export function prepareAddEntity(requires: NonNullable<FetchNode['requires']>, represent: Represent): AddEntity {
  const single = singleKey(requires);

  function addByRepresentation(object: Data, { byRepresentation }: Entities): Data[] | undefined {
    const representation = represent(object);
    if (representation === undefined) return undefined;
    let same = byRepresentation.get(representation);
    if (same === undefined) byRepresentation.set(representation, (same = []));
    same.push(object);
    return same;
  }

  if (single === undefined) return (object, entities) => void addByRepresentation(object, entities);
  const { typeName, key } = single;
  return function addEntity(object, entities) {
    const value = object[key];
    const isKey = typeof value === 'string' && object['__typename'] === typeName;
    const same = isKey ? entities.byKey.get(value) : undefined;
    if (same !== undefined) {
      same.push(object);
      return;
    }
    const added = addByRepresentation(object, entities);
    if (isKey && added !== undefined) entities.byKey.set(value, added);
  };
}

/** The one field that tells entities apart, when there is but one, of objects of one type. */
function singleKey(requires: NonNullable<FetchNode['requires']>): { typeName: string; key: string } | undefined {
  const [fragment, ...others] = requires;
  if (fragment?.kind !== 'InlineFragment' || fragment.typeCondition === undefined || others.length > 0)
    return undefined;
  const names = fragment.selections.map((selection) =>
    selection.kind === 'Field' && selection.selections === undefined ? (selection.alias ?? selection.name) : undefined,
  );
  const keys = names.filter((name) => name !== '__typename');
  return keys.length === 1 && keys[0] !== undefined ? { typeName: fragment.typeCondition, key: keys[0] } : undefined;
}
