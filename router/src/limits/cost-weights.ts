import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInputObjectType,
  valueFromASTUntyped,
  type ConstDirectiveNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
} from 'graphql';
import type { LoadedSupergraph } from '../supergraph.ts';

/** What `@listSize` says about a field. */
export interface ListSize {
  readonly assumedSize: number | undefined;
  /** Arguments that say how long the list is. */
  readonly slicingArguments: readonly string[];
  /** Fields of the answer that are so long, in place of the field itself. */
  readonly sizedFields: readonly string[];
  /** Exactly one of the slicing arguments is to be given. */
  readonly requireOneSlicingArgument: boolean;
}

/** What the supergraph says about costs; where it says nothing, objects cost 1, and scalars and enums nothing. */
export interface CostWeights {
  /** Of one value of an output field, without what is selected of it. */
  ofField(parent: GraphQLNamedType, field: GraphQLField<unknown, unknown>): number;
  /** Of one value of an argument or an input field, without the fields of it. */
  ofInput(definition: GraphQLArgument | GraphQLInputField): number;
  listSize(field: GraphQLField<unknown, unknown>): ListSize | undefined;
}

const costFeature = 'https://specs.apollo.dev/cost';

/** Reads `@cost` and `@listSize`, under whatever names the supergraph imports them. */
export function costWeightsOf({ supergraph, fullSchema }: LoadedSupergraph): CostWeights {
  const feature = supergraph.schema.coreFeatures?.getByIdentity(costFeature);
  const costName = feature?.directiveNameInSchema('cost');
  const listSizeName = feature?.directiveNameInSchema('listSize');

  function ownWeight(definition: Defined): number | undefined {
    const weight = argumentsOf(definition, costName)?.['weight'];
    return typeof weight === 'number' ? weight : undefined;
  }

  function ofType(type: GraphQLNamedType): number {
    // Neither interfaces nor unions have a weight of their own: what comes may be the most expensive that fits.
    if (isAbstractType(type)) return Math.max(0, ...fullSchema.getPossibleTypes(type).map(ofType));
    return ownWeight(type) ?? (isCompositeType(type) || isInputObjectType(type) ? 1 : 0);
  }

  return {
    ofField(parent, field) {
      const definitions = isAbstractType(parent)
        ? fullSchema.getPossibleTypes(parent).map((type) => type.getFields()[field.name] ?? field)
        : [field];
      const weights = definitions.map((one) => ownWeight(one) ?? ofType(getNamedType(one.type)));
      return Math.max(0, ...weights);
    },
    ofInput: (definition) => ownWeight(definition) ?? ofType(getNamedType(definition.type)),
    listSize(field) {
      const given = argumentsOf(field, listSizeName);
      if (given === undefined) return undefined;
      const { assumedSize, slicingArguments, sizedFields, requireOneSlicingArgument } = given;
      return {
        assumedSize: typeof assumedSize === 'number' ? assumedSize : undefined,
        slicingArguments: Array.isArray(slicingArguments) ? slicingArguments.map(String) : [],
        sizedFields: Array.isArray(sizedFields) ? sizedFields.map(String) : [],
        requireOneSlicingArgument: requireOneSlicingArgument !== false,
      };
    },
  };
}

/** Anything of a schema that may have directives. */
interface Defined {
  readonly astNode?: { readonly directives?: readonly ConstDirectiveNode[] | undefined } | null | undefined;
}

function argumentsOf({ astNode }: Defined, directive: string | undefined): Record<string, unknown> | undefined {
  const applied = astNode?.directives?.find(({ name }) => name.value === directive);
  if (applied === undefined) return undefined;
  return Object.fromEntries(
    (applied.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]),
  );
}
