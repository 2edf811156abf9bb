import {
  Kind,
  OperationTypeNode,
  parse,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type SelectionSetNode,
} from 'graphql';
import { badRequest } from '../errors.ts';

/**
 * Says why a text can't be validated that has `@skip` or `@include` at the root of a subscription: the specification
 * forbids them there, and graphql-js' validation breaks off instead of saying so, whichever operation is picked.
 *
 * @returns undefined as well for what is no GraphQL: the parser has the word
 */
export function conditionAtSubscriptionRoot(text: string): GraphQLError | undefined {
  // Most texts needn't be parsed for this.
  if (!text.includes('subscription') || !/skip|include/.test(text)) return undefined;
  let document: DocumentNode;
  try {
    document = parse(text, { noLocation: true });
  } catch {
    return undefined;
  }
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const one of document.definitions) {
    if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);
  }
  const isConditional = document.definitions.some(
    (one) =>
      one.kind === Kind.OPERATION_DEFINITION &&
      one.operation === OperationTypeNode.SUBSCRIPTION &&
      hasCondition(one.selectionSet, fragments, new Set()),
  );
  return isConditional
    ? badRequest("@skip and @include can't stand at the root of a subscription.", 'GRAPHQL_VALIDATION_FAILED')
    : undefined;
}

/** @param seen names of fragments that were looked at; they may go round in circles */
function hasCondition(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  seen: Set<string>,
): boolean {
  return selections.some(function isConditional(selection) {
    if (selection.directives?.some(({ name }) => name.value === 'skip' || name.value === 'include')) return true;
    if (selection.kind === Kind.FIELD) return false;
    if (selection.kind === Kind.INLINE_FRAGMENT) return hasCondition(selection.selectionSet, fragments, seen);
    const name = selection.name.value;
    const fragment = fragments.get(name);
    if (fragment === undefined || seen.has(name)) return false;
    seen.add(name);
    return hasCondition(fragment.selectionSet, fragments, seen);
  });
}
