import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';
import type { Random } from './random.ts';

export interface GeneratedOperation {
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Writes a random operation over a schema. Most are valid; where fields of one name come to differ in type (validation says so),
 * the caller takes another one.
 *
 * @param values for arguments, by name: those that find something
 */
export function generateOperation(
  schema: GraphQLSchema,
  random: Random,
  values: Readonly<Record<string, readonly unknown[]>>,
): GeneratedOperation {
  const definitions: string[] = [];
  const variables: Record<string, unknown> = {};
  const fragments = new Map<string, { type: string; text: string }>();
  /** The arguments with which a field has been asked under its own name. */
  const plainArguments = new Map<string, string>();
  let size = 0;
  let names = 0;

  function operationText(): string {
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(
      (type) => !!type,
    );
    const root = random.chance(0.75) ? roots[0]! : random.pick(roots);
    const kind = ['query', 'mutation', 'subscription'][
      [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].indexOf(root)
    ]!;
    const selections = kind === 'subscription' ? oneField(root) : selectionSet(root, 0);
    const fragmentTexts = [...fragments].map(([name, { type, text }]) => `fragment ${name} on ${type} ${text}`);
    const variableText = definitions.length === 0 ? '' : `(${definitions.join(', ')})`;
    return [`${kind} Generated${variableText} ${selections}`, ...fragmentTexts].join('\n');
  }

  /** A subscription may have but one. */
  function oneField(type: GraphQLCompositeType): string {
    return `{ ${field(type, random.pick(fieldsOf(type)), 0)} }`;
  }

  function selectionSet(type: GraphQLCompositeType, depth: number): string {
    const count = 1 + random.integer(depth === 0 ? 4 : 5);
    const selections = Array.from({ length: count }, () => selection(type, depth));
    return `{ ${selections.join(' ')} }`;
  }

  function selection(type: GraphQLCompositeType, depth: number): string {
    size += 1;
    const fields = fieldsOf(type);
    const fragmentChance = isAbstractType(type) ? 0.5 : 0.12;
    if (depth < 7 && size < 60 && (fields.length === 0 || random.chance(fragmentChance))) return fragment(type, depth);
    if (fields.length === 0 || random.chance(0.12)) return typename();
    return field(type, random.pick(fields), depth);
  }

  function typename(): string {
    return random.chance(0.3) ? `kind${random.integer(2)}: __typename` : '__typename';
  }

  function fragment(type: GraphQLCompositeType, depth: number): string {
    const on = random.pick(overlapping(type));
    if (random.chance(0.3)) {
      const known = [...fragments].filter(([, one]) => one.type === on.name && one.text !== '');
      if (known.length > 0 && random.chance(0.5)) return `...${random.pick(known)[0]}${condition()}`;
      const name = `F${fragments.size}`;
      // Taken now, filled later: fragments may not hold themselves.
      fragments.set(name, { type: on.name, text: '' });
      fragments.set(name, { type: on.name, text: selectionSet(on, depth + 1) });
      return `...${name}${condition()}`;
    }
    const bare = on === type && random.chance(0.5);
    return `...${bare ? '' : ` on ${on.name}`}${condition()} ${selectionSet(on, depth + 1)}`;
  }

  /** Types that an object of `type` may have, too. */
  function overlapping(type: GraphQLCompositeType): GraphQLCompositeType[] {
    const objects = isObjectType(type) ? [type] : [...schema.getPossibleTypes(type)];
    const abstract = Object.values(schema.getTypeMap())
      .filter(isAbstractType)
      .filter((one) => objects.some((object) => schema.isSubType(one, object)));
    return [type, ...objects, ...objects, ...abstract];
  }

  function field(type: GraphQLCompositeType, definition: GraphQLField<unknown, unknown>, depth: number): string {
    const below = getNamedType(definition.type);
    const composite = isCompositeType(below);
    // Too deep or too big already: something flat instead.
    if (composite && (depth > 6 || size > 60)) {
      const flat = fieldsOf(type).filter((one) => !isCompositeType(getNamedType(one.type)));
      return flat.length === 0 ? '__typename' : field(type, random.pick(flat), depth);
    }
    const args = argumentsText(definition.args);
    // Whether a subscription is one must not depend on variables.
    const when = type === schema.getSubscriptionType() ? '' : condition();
    const selections = composite ? ` ${selectionSet(below, depth + 1)}` : '';
    return `${alias(type, definition, args)}${definition.name}${args}${when}${selections}`;
  }

  function alias(
    type: GraphQLCompositeType,
    { name, args: taken }: GraphQLField<unknown, unknown>,
    args: string,
  ): string {
    if (taken.length > 0) {
      const before = plainArguments.get(name);
      if (before === undefined || before === args) {
        plainArguments.set(name, args);
        return '';
      }
      names += 1;
      return `${name}${names}: `;
    }
    if (random.chance(0.04)) {
      // The name of another field: what the router fetches under that name for itself must not be mixed up with it.
      const others = fieldsOf(type).filter((one) => !plainArguments.has(one.name));
      return `${random.pick(others.length > 0 ? others : fieldsOf(type)).name}: `;
    }
    return random.chance(0.15) ? `${name}_${random.integer(2)}: ` : '';
  }

  function condition(): string {
    if (!random.chance(0.1)) return '';
    const directive = random.pick(['skip', 'include']);
    if (random.chance(0.4)) return ` @${directive}(if: ${random.chance(0.5)})`;
    return ` @${directive}(if: $${variable('Boolean!', random.chance(0.5), random.chance(0.3))})`;
  }

  function variable(type: string, value: unknown, withDefault: boolean, defaultText = JSON.stringify(value)): string {
    const name = `v${definitions.length}`;
    if (withDefault) {
      definitions.push(`$${name}: ${type} = ${defaultText}`);
      // Sometimes what is sent replaces the default by the same.
      if (random.chance(0.3)) variables[name] = value;
    } else {
      definitions.push(`$${name}: ${type}`);
      variables[name] = value;
    }
    return name;
  }

  function argumentsText(args: readonly GraphQLArgument[]): string {
    const given = args.filter((one) => isRequiredArgument(one) || random.chance(0.6));
    if (given.length === 0) return '';
    const texts = given.map(({ name, type }) => {
      const value = inputValue(type, name, 0);
      if (!random.chance(0.5)) return `${name}: ${literal(value, type)}`;
      return `${name}: $${variable(String(type), value, value !== null && random.chance(0.3), literal(value, type))}`;
    });
    return `(${texts.join(', ')})`;
  }

  function inputValue(type: GraphQLInputType, name: string, depth: number): unknown {
    if (isNonNullType(type)) return inputValue(type.ofType, name, depth);
    if (isListType(type)) return Array.from({ length: random.integer(3) }, () => present(type.ofType, name, depth));
    if (isEnumType(type)) return random.pick(type.getValues()).name;
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (one) => isRequiredInputField(one) || (depth < 3 && random.chance(0.6)),
      );
      return Object.fromEntries(fields.map((one) => [one.name, inputValue(one.type, one.name, depth + 1)]));
    }
    const known = values[name];
    if (known !== undefined && random.chance(0.85)) return random.pick(known);
    return scalarValue(type.name);
  }

  function present(type: GraphQLInputType, name: string, depth: number): unknown {
    return inputValue(isNonNullType(type) ? type.ofType : type, name, depth);
  }

  function scalarValue(type: string): unknown {
    if (type === 'Int') return random.integer(4);
    if (type === 'Float') return random.integer(8) / 2;
    if (type === 'Boolean') return random.chance(0.5);
    return random.pick(['1', '2', 'x', 'é "q" \\ \n']);
  }

  const text = operationText();
  return { text, variables };
}

function fieldsOf(type: GraphQLCompositeType): GraphQLField<unknown, unknown>[] {
  return 'getFields' in type ? Object.values(type.getFields()) : [];
}

/** A value as it stands in a document. */
function literal(value: unknown, type: GraphQLInputType): string {
  if (value === null) return 'null';
  if (isNonNullType(type)) return literal(value, type.ofType);
  if (isListType(type)) return `[${(value as unknown[]).map((item) => literal(item, type.ofType)).join(', ')}]`;
  if (isEnumType(type)) return value as string;
  if (isInputObjectType(type)) {
    const fields = Object.entries(value as object).map(
      ([name, item]) => `${name}: ${literal(item, type.getFields()[name]!.type)}`,
    );
    return `{ ${fields.join(', ')} }`;
  }
  return JSON.stringify(value);
}
