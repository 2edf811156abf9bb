/**
 * The data of a fixture, of which every subgraph tells a part. Objects stand in tables by type, each under a name of its own,
 * and are referred to by it: `'@u1'`; roots are `'@Query'` and so on. A value may be a function of the field's arguments. An object without a name (a value type)
 * is written where it stands, with its `__typename` where the schema leaves it open.
 */
export type Row = Readonly<Record<string, unknown>>;

export interface WorldData {
  readonly query: Row;
  readonly mutation?: Row;
  /** By field: the events, one after the other. */
  readonly subscription?: Readonly<Record<string, readonly unknown[]>>;
  /** By type and name. `$hiddenIn` of a row: subgraphs that don't know the entity; `$in`: what a subgraph says otherwise. */
  readonly rows?: Readonly<Record<string, Readonly<Record<string, Row>>>>;
}

/** An object of the world as resolvers see it. */
export interface Source {
  readonly type: string;
  /** Names the object: its row, or the way to it from one. */
  readonly id: string;
  readonly row: Row;
  readonly parent: Source | undefined;
  /** The representation that the router sent. */
  readonly given?: Readonly<Record<string, unknown>>;
}

export interface World {
  readonly data: WorldData;
  root(operation: 'query' | 'mutation' | 'subscription', type: string): Source;
  /** All rows of these types. */
  all(types: readonly string[]): Source[];
  /**
   * Makes sources of a field's value, deep into lists.
   *
   * @param type of the items where the value does not say it
   */
  sources(value: unknown, type: string, parent: Source, id: string): unknown;
}

const roots = { Query: 'query', Mutation: 'mutation', Subscription: 'subscription' } as const;

export function createWorld(data: WorldData): World {
  /** Under the supergraph's names of the roots, whatever a subgraph calls them. */
  function root(operation: 'query' | 'mutation' | 'subscription', type: string): Source {
    const id = Object.entries(roots).find(([, one]) => one === operation)![0];
    return { type, id, row: data[operation] ?? {}, parent: undefined };
  }

  const rows = new Map<string, Source>();
  for (const [type, operation] of Object.entries(roots)) rows.set(type, root(operation, type));
  for (const [type, table] of Object.entries(data.rows ?? {})) {
    for (const [id, row] of Object.entries(table)) rows.set(id, { type, id, row, parent: undefined });
  }

  function sources(value: unknown, type: string, parent: Source, id: string): unknown {
    if (value === null || value === undefined) return null;
    if (Array.isArray(value)) return value.map((item, index) => sources(item, type, parent, `${id}.${index}`));
    if (typeof value === 'string') {
      const found = rows.get(value.slice(1));
      if (found === undefined || !value.startsWith('@')) throw new Error(`There is no row "${value}" for ${id}.`);
      return { ...found, parent };
    }
    const row = value as Row;
    return { type: row['__typename'] ?? type, id, row, parent };
  }

  return {
    data,
    sources,
    root,
    all: (types) => [...rows.values()].filter(({ type }) => types.includes(type)),
  };
}

/** What the world says of a field, before references are followed. */
export function rawValue({ row }: Source, field: string, args: object, subgraph?: string): unknown {
  const own = subgraph === undefined ? undefined : (row['$in'] as Record<string, Row> | undefined)?.[subgraph];
  const value = own !== undefined && Object.hasOwn(own, field) ? own[field] : row[field];
  return typeof value === 'function' ? (value as (args: object) => unknown)(args) : value;
}
