import {
  getArgumentValues,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  Kind,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import type { AnyGiven, Fixture } from './fixture.ts';
import type { SubgraphSdl } from './sdl.ts';
import { rawValue, type Source, type World } from './world.ts';

/** Reads the world as one whole: what a field gives when no subgraph stands between. */
export interface Reader {
  /** @param typeName of the field's result where the value does not say it; undefined for leaves */
  read(world: World, source: Source, field: string, args: object): unknown;
  /** What a selection of an object gives, as plain data. */
  select(world: World, source: Source, selection: SelectionSetNode): Record<string, unknown>;
}

interface Requirement {
  readonly coordinate: string;
  readonly selection: SelectionSetNode;
}

/** @param schema with all types and fields, inaccessible ones too */
export function createReader(fixture: Fixture, schema: GraphQLSchema, subgraphs: readonly SubgraphSdl[]): Reader {
  const requirements = new Map<string, Requirement>();
  for (const { requires } of subgraphs) {
    for (const [coordinate, selection] of requires) {
      const [typeName = '', field = ''] = coordinate.split('.');
      const type = schema.getType(typeName);
      const objects = isInterfaceType(type) ? schema.getPossibleTypes(type).map(({ name }) => name) : [typeName];
      for (const object of objects) requirements.set(`${object}.${field}`, { coordinate, selection });
    }
  }

  function fieldOf(type: string, field: string) {
    const object = schema.getType(type);
    const definition = isObjectType(object) ? object.getFields()[field] : undefined;
    if (definition === undefined) throw new Error(`There is no field ${type}.${field}.`);
    return definition;
  }

  function read(world: World, source: Source, field: string, args: object): unknown {
    const coordinate = `${source.type}.${field}`;
    const requirement = requirements.get(coordinate);
    const inContext = fixture.context?.[coordinate];
    const allArgs = inContext === undefined ? args : { ...args, ...contextOf(source, inContext) };
    const value =
      requirement === undefined
        ? rawValue(source, field, allArgs)
        : compute(fixture, requirement.coordinate, select(world, source, requirement.selection), allArgs);
    const type = getNamedType(fieldOf(source.type, field).type);
    return isLeafType(type) ? value : world.sources(value, type.name, source, `${source.id}.${field}`);
  }

  function select(world: World, source: Source, selection: SelectionSetNode): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const one of selection.selections) {
      if (one.kind === Kind.FRAGMENT_SPREAD) throw new Error('There are no fragments to spread.');
      if (one.kind === Kind.INLINE_FRAGMENT) {
        if (one.typeCondition === undefined || applies(one.typeCondition.name.value, source.type)) {
          Object.assign(result, select(world, source, one.selectionSet));
        }
        continue;
      }
      const field = one.name.value;
      const { selectionSet } = one;
      if (field === '__typename') {
        result[field] = source.type;
        continue;
      }
      const value = read(world, source, field, getArgumentValues(fieldOf(source.type, field), one));
      result[one.alias?.value ?? field] =
        selectionSet === undefined ? (value ?? null) : deep(value, (item) => select(world, item, selectionSet));
    }
    return result;
  }

  function applies(condition: string, type: string): boolean {
    const [abstract, object] = [schema.getType(condition), schema.getType(type)];
    return (
      condition === type || (isInterfaceType(abstract) && isObjectType(object) && schema.isSubType(abstract, object))
    );
  }

  return { read, select };
}

export function compute(fixture: Fixture, coordinate: string, given: AnyGiven, args: object): unknown {
  const computed = fixture.computed?.[coordinate];
  if (computed === undefined) throw new Error(`Nobody says how ${coordinate} is computed.`);
  return computed(given, args);
}

function contextOf(source: Source, wanted: Readonly<Record<string, readonly [type: string, field: string]>>): object {
  const found = Object.entries(wanted).map(([argument, [type, field]]) => {
    let ancestor: Source | undefined = source;
    while (ancestor !== undefined && ancestor.type !== type) ancestor = ancestor.parent;
    if (ancestor === undefined) throw new Error(`${source.id} stands below no ${type}.`);
    return [argument, rawValue(ancestor, field, {})];
  });
  return Object.fromEntries(found);
}

function deep(value: unknown, map: (item: Source) => unknown): unknown {
  if (value === null || value === undefined) return value;
  return Array.isArray(value) ? value.map((item) => deep(item, map)) : map(value as Source);
}
