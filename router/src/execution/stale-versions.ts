import { Kind, type DocumentNode, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';
import { isObject, type Data } from './run.ts';

/** The field by which an object says how new it is. */
const versionField = 'version';

/** Finds out whether other subgraphs answered with something older than an event. */
export interface StaleVersions {
  /** The entities of an event whose version isn't known yet, by their response names; undefined when there are none. */
  toCome(event: Data): readonly string[] | undefined;
  /** Whether one of these has come with a lower version than the event's own. */
  areStale(event: Data, toCome: readonly string[]): boolean;
}

/**
 * Looks for `version` in the root object of an operation's events and in what hangs directly in it.
 *
 * @returns undefined when the operation doesn't ask for both
 */
export function prepareStaleVersions(
  document: DocumentNode,
  { selectionSet }: OperationDefinitionNode,
): StaleVersions | undefined {
  const [root] = fieldsOf(document, selectionSet);
  if (root?.inside === undefined) return undefined;
  const fields = fieldsOf(document, root.inside);
  const own = fields.find(isVersion);
  const entities = fields.flatMap(({ responseName, inside }) => {
    const version = inside && fieldsOf(document, inside).find(isVersion);
    return version === undefined ? [] : [{ name: responseName, version: version.responseName }];
  });
  if (own === undefined || entities.length === 0) return undefined;

  const versionOf = (data: Data, name: string) => {
    const entity = data[name];
    const { version } = entities.find((one) => one.name === name)!;
    return isObject(entity) ? entity[version] : null;
  };
  return {
    toCome(event) {
      const object = event[root.responseName];
      if (!isObject(object) || typeof object[own.responseName] !== 'number') return undefined;
      const names = entities.map(({ name }) => name).filter((name) => versionOf(object, name) === undefined);
      return names.length === 0 ? undefined : names;
    },
    areStale(event, toCome) {
      const object = event[root.responseName];
      if (!isObject(object)) return false;
      const version = object[own.responseName] as number;
      return toCome.some((name) => {
        const fetched = versionOf(object, name);
        return typeof fetched === 'number' && fetched < version;
      });
    },
  };
}

interface Field {
  readonly name: string;
  readonly responseName: string;
  readonly inside: SelectionSetNode | undefined;
}

function isVersion({ name, inside }: Field): boolean {
  return name === versionField && inside === undefined;
}

/** The fields of a selection and of the fragments in it, whatever their conditions. */
function fieldsOf(document: DocumentNode, { selections }: SelectionSetNode): readonly Field[] {
  return selections.flatMap((selection): readonly Field[] => {
    if (selection.kind === Kind.FIELD) {
      const { name, alias, selectionSet } = selection;
      return [{ name: name.value, responseName: (alias ?? name).value, inside: selectionSet }];
    }
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsOf(document, selection.selectionSet);
    const fragment = document.definitions.find(
      (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === selection.name.value,
    );
    return fragment?.kind === Kind.FRAGMENT_DEFINITION ? fieldsOf(document, fragment.selectionSet) : [];
  });
}
