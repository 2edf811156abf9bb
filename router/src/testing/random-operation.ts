import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  type GraphQLCompositeType,
  type GraphQLSchema,
} from 'graphql';

export type Random = ReturnType<typeof randomFrom>;

/** A small generator of numbers: the same seed, the same numbers. */
export function randomFrom(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    chance: (share: number) => next() < share,
    pick: <T>(all: readonly T[]) => all[below(all.length)]!,
  };
}

/**
 * A query with fragments, aliases and conditions on the variables `yes` and `no`. It may be invalid.
 *
 * @param shared an interface that fragments are often on
 */
export function randomOperation(schema: GraphQLSchema, random: Random, shared = 'Node'): string {
  const fragments: string[] = [];
  let left = 0;

  function selections(type: GraphQLCompositeType, depth: number): string {
    const count = 1 + random.below(4);
    return `{ ${Array.from({ length: count }, () => selection(type, depth)).join(' ')} }`;
  }

  function condition(): string {
    return random.chance(0.15)
      ? random.pick(['@skip(if: $yes)', '@include(if: $no)', '@skip(if: false)', '@include(if: true)'])
      : '';
  }

  function selection(type: GraphQLCompositeType, depth: number): string {
    left -= 1;
    if (left < 0) return '__typename';
    if ((isAbstractType(type) && random.chance(0.5)) || random.chance(0.15)) return fragment(type, depth);
    if (!isObjectType(type) && !isInterfaceType(type)) return '__typename';
    if (random.chance(0.1)) return random.pick(['__typename', 'kindOfThing: __typename']);
    const field = random.pick(Object.values(type.getFields()));
    const returned = getNamedType(field.type);
    if (isCompositeType(returned) && depth === 0) return '__typename';
    const alias = random.chance(0.2) ? `${random.pick(['x', 'y', '__proto__'])}${field.name}: ` : '';
    const inside = isCompositeType(returned) ? selections(returned, depth - 1) : '';
    return `${alias}${field.name} ${condition()} ${inside}`;
  }

  function fragment(type: GraphQLCompositeType, depth: number): string {
    const possible = isAbstractType(type) ? [...schema.getPossibleTypes(type)] : [type];
    const node = schema.getType(shared) as GraphQLCompositeType;
    const on = random.pick<GraphQLCompositeType>([...possible, type, ...(type.name === 'Query' ? [] : [node])]);
    if (random.chance(0.5)) return `... on ${on.name} ${condition()} ${selections(on, depth)}`;
    const at = fragments.push('') - 1;
    fragments[at] = `fragment F${at} on ${on.name} ${selections(on, depth)}`;
    return `...F${at} ${condition()}`;
  }

  const root: string[] = [];
  for (let count = 1 + random.below(3); count > 0; count -= 1) {
    left = 16;
    root.push(selection(schema.getQueryType()!, 4));
  }
  return `query($yes: Boolean = true, $no: Boolean!) { ${root.join(' ')} } ${fragments.join(' ')}`;
}
