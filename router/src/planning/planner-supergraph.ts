/**
 * What the planner gets to see instead of the supergraph as it is composed, and what is known of it afterwards.
 *
 * The planner knows what subgraphs need (keys, `@requires`, `@fromContext`) by the names of the fields alone. Two of its
 * mistakes are kept from it here:
 *
 * - A needed field with arguments (`price(currency: USD)`) gets in the way of the same field with others, whoever asks for it.
 *   So each such use becomes a field of its own without arguments, `price__args_1`, and plans are translated back afterwards.
 * - To return to a subgraph after a `@requires` it takes the first `@key` that is listed, resolvable or not. So those that
 *   are not resolvable are listed last.
 */
import { Supergraph } from '@apollo/federation-internals';
import {
  Kind,
  parse,
  print,
  type ConstArgumentNode,
  type ConstDirectiveNode,
  type ConstObjectValueNode,
  type ConstValueNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { createVariants, hasFields, type ArgumentVariant, type TypeWithFields } from './planner-variants.ts';
import type { LoadedSupergraph } from '../supergraph.ts';

export interface PlannerSupergraph {
  readonly supergraph: Supergraph;
  /** What the planner's own fields stand for, by their name. */
  readonly variants: ReadonlyMap<string, ArgumentVariant>;
  /** Names under which the data holds what subgraphs need, in one type or another: no alias must put anything else there. */
  readonly reserved: ReadonlySet<string>;
  /** By their names. */
  readonly subgraphs: ReadonlyMap<string, SubgraphNeeds>;
  /** Whether an object may be of both types: they are the same, or one implements the other. */
  areRelated(type: string, other: string): boolean;
  /** Those of `@override(from:, label:)`, each once. */
  readonly overrideLabels: readonly string[];
}

/** What a subgraph needs to know of entities. */
export interface SubgraphNeeds {
  /** What a field `@requires`, by `Type.field`. */
  readonly requirements: Map<string, SelectionSetNode>;
  /** The resolvable keys, by type. */
  readonly keys: Map<string, SelectionSetNode[]>;
}

export function plannerSupergraph(graph: LoadedSupergraph): PlannerSupergraph {
  const document = parse(graph.sdl, { noLocation: true });
  const subgraphNames = subgraphNamesIn(document);
  const variants = createVariants(document);
  const reserved = new Set<string>();
  const subgraphs = new Map<string, SubgraphNeeds>();
  const overrideLabels = new Set<string>();
  const implementing = new Set(
    document.definitions.flatMap((one) =>
      hasFields(one) ? (one.interfaces ?? []).map(({ name }) => `${one.name.value} ${name.value}`) : [],
    ),
  );

  function needed(text: string, types: readonly string[]): SelectionSetNode {
    const selectionSet = variants.replaceIn(selectionSetOf(text), types);
    addNames(selectionSet, reserved);
    return selectionSet;
  }

  function subgraphOf(directive: ConstDirectiveNode): SubgraphNeeds {
    const name = subgraphNames.get(textOf(directive, 'graph') ?? '') ?? '';
    const known = subgraphs.get(name);
    if (known !== undefined) return known;
    const subgraph = { requirements: new Map(), keys: new Map() };
    subgraphs.set(name, subgraph);
    return subgraph;
  }

  function noteKey(type: string, directive: ConstDirectiveNode): void {
    const key = directive.name.value === 'join__type' ? textOf(directive, 'key') : undefined;
    if (key === undefined) return;
    const selectionSet = needed(key, [type]);
    if (isUnresolvable(directive)) return;
    const { keys } = subgraphOf(directive);
    keys.set(type, [...(keys.get(type) ?? []), selectionSet]);
  }

  function changedField(type: string, field: FieldDefinitionNode): FieldDefinitionNode {
    function changedDirective(directive: ConstDirectiveNode): ConstDirectiveNode {
      if (directive.name.value !== 'join__field') return directive;
      const label = textOf(directive, 'overrideLabel');
      if (label !== undefined) overrideLabels.add(label);
      const changed = directive.arguments?.map((one) => changedArgument(one, subgraphOf(directive)));
      return { ...directive, ...(changed && { arguments: changed }) };
    }

    function changedArgument(argument: ConstArgumentNode, { requirements }: SubgraphNeeds): ConstArgumentNode {
      const { name, value } = argument;
      if (name.value === 'requires' && value.kind === Kind.STRING) {
        const selectionSet = needed(value.value, [type]);
        requirements.set(`${type}.${field.name.value}`, selectionSet);
        return { ...argument, value: { ...value, value: print(selectionSet).slice(1, -1) } };
      }
      if (name.value === 'contextArguments' && value.kind === Kind.LIST) {
        return { ...argument, value: { ...value, values: value.values.map(changedContext) } };
      }
      return argument;
    }

    return field.directives === undefined ? field : { ...field, directives: field.directives.map(changedDirective) };
  }

  /** `{ context: "subgraph__context", name: "argument", selection: "{ field }" }` */
  function changedContext(value: ConstValueNode): ConstValueNode {
    if (value.kind !== Kind.OBJECT) return value;
    const selection = memberOf(value, 'selection');
    if (selection?.kind !== Kind.STRING) return value;
    const context = memberOf(value, 'context');
    const types = context?.kind === Kind.STRING ? typesWithContext(document, context.value) : [];
    const changed = { ...selection, value: print(needed(selection.value, types)) };
    return {
      ...value,
      fields: value.fields.map((one) => (one.value === selection ? { ...one, value: changed } : one)),
    };
  }

  function changedType<T extends TypeWithFields>(type: T): T {
    const name = type.name.value;
    for (const directive of type.directives ?? []) noteKey(name, directive);
    const unresolvable = (type.directives ?? []).filter(isUnresolvable);
    const others = (type.directives ?? []).filter((one) => !isUnresolvable(one));
    return {
      ...type,
      directives: [...others, ...unresolvable],
      fields: (type.fields ?? []).map((field) => changedField(name, field)),
    };
  }

  const changed = document.definitions.map((one) => (hasFields(one) ? changedType(one) : one));
  const sdl = print({ ...document, definitions: changed.map((one) => (hasFields(one) ? variants.addTo(one) : one)) });
  for (const name of variants.byName.keys()) reserved.add(name);
  return {
    supergraph: sdl === print(document) ? graph.supergraph : withoutValidation(sdl),
    variants: variants.byName,
    reserved,
    subgraphs,
    areRelated: (type, other) =>
      type === other || implementing.has(`${type} ${other}`) || implementing.has(`${other} ${type}`),
    overrideLabels: [...overrideLabels],
  };
}

/** What was composed was validated; here are `@external` fields that nothing needs any more. */
function withoutValidation(sdl: string): Supergraph {
  return Supergraph.build(sdl, { validateSupergraph: false, supportedFeatures: null });
}

/** By the names that they have in the SDL: `enum join__Graph { ACCOUNTS @join__graph(name: "accounts") }`. */
function subgraphNamesIn(document: DocumentNode): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== 'join__Graph') continue;
    for (const { name, directives = [] } of definition.values ?? []) {
      const directive = directives.find((one) => one.name.value === 'join__graph');
      names.set(name.value, (directive && textOf(directive, 'name')) ?? name.value);
    }
  }
  return names;
}

function typesWithContext(document: DocumentNode, context: string): string[] {
  return document.definitions.flatMap(function typesOf(one): string[] {
    if (!hasFields(one) && one.kind !== Kind.UNION_TYPE_DEFINITION) return [];
    const isIt = one.directives?.some(
      (directive) => directive.name.value === 'context' && textOf(directive, 'name') === context,
    );
    if (isIt !== true) return [];
    return hasFields(one) ? [one.name.value] : (one.types ?? []).map(({ name }) => name.value);
  });
}

function isUnresolvable(directive: ConstDirectiveNode): boolean {
  const argument = directive.arguments?.find(({ name }) => name.value === 'resolvable');
  return argument?.value.kind === Kind.BOOLEAN && !argument.value.value;
}

/** A string or an enum value. */
function textOf(directive: ConstDirectiveNode, argument: string): string | undefined {
  const value = directive.arguments?.find(({ name }) => name.value === argument)?.value;
  return value?.kind === Kind.STRING || value?.kind === Kind.ENUM ? value.value : undefined;
}

function memberOf(value: ConstObjectValueNode, name: string): ConstValueNode | undefined {
  return value.fields.find((field) => field.name.value === name)?.value;
}

/** @param text with or without its braces */
function selectionSetOf(text: string): SelectionSetNode {
  const [definition] = parse(text.trimStart().startsWith('{') ? text : `{${text}}`, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`This is no set of fields: ${text}`);
  return definition.selectionSet;
}

function addNames({ selections }: SelectionSetNode, names: Set<string>): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) names.add(selection.name.value);
    if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet !== undefined)
      addNames(selection.selectionSet, names);
  }
}
