import {
  Kind,
  visit,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { conditionsOf, type Condition } from './planner-fetches.ts';

/**
 * Counts the selections of an operation as the planner sees them: with each fragment as often as it is spread. A small
 * document may have any number of them.
 */
export function selectionsIn(document: DocumentNode, operation: OperationDefinitionNode): number {
  const fragments = fragmentsIn(document);
  const sizes = new Map<string, number>();

  function sizeOf({ selections }: SelectionSetNode): number {
    let size = 0;
    for (const selection of selections) {
      size += 1;
      if (selection.kind === Kind.FRAGMENT_SPREAD) size += sizeOfFragment(selection.name.value);
      else if (selection.selectionSet !== undefined) size += sizeOf(selection.selectionSet);
    }
    return size;
  }

  function sizeOfFragment(name: string): number {
    const known = sizes.get(name);
    if (known !== undefined) return known;
    const fragment = fragments.get(name);
    const size = fragment === undefined ? 0 : sizeOf(fragment.selectionSet);
    sizes.set(name, size);
    return size;
  }

  return sizeOf(operation.selectionSet);
}

/** Whether there is a field that subgraphs may have to be asked for, with some values of the variables. */
export function asksSubgraphs(document: DocumentNode, operation: OperationDefinitionNode): boolean {
  const fragments = fragmentsIn(document);

  function asks({ selections }: SelectionSetNode, outer: readonly Condition[]): boolean {
    return selections.some(function isAsked(selection) {
      const conditions = [...outer, ...conditionsOf(selection.directives)];
      if (isExcluded(selection.directives) || contradict(conditions)) return false;
      if (selection.kind === Kind.FIELD) return !selection.name.value.startsWith('__');
      if (selection.kind === Kind.INLINE_FRAGMENT) return asks(selection.selectionSet, conditions);
      const fragment = fragments.get(selection.name.value);
      return fragment !== undefined && asks(fragment.selectionSet, conditions);
    });
  }

  return asks(operation.selectionSet, []);
}

/**
 * What is to be planned of a document: nothing that is always skipped, since what it requires would be missed by others, and
 * each `__typename` under its own name, where the planner keeps it correct in the data. An object of which only conditional fields
 * are asked for gets a `__typename`, too: it is there whatever the conditions say.
 */
export function fetchedPart(document: DocumentNode): DocumentNode {
  const fragments = fragmentsIn(document);

  /** Whether it depends on conditions if anything is asked for. */
  function mayBeEmpty({ selections }: SelectionSetNode): boolean {
    return selections.every(function mayBeLeftOut(selection): boolean {
      if ((selection.directives?.length ?? 0) > 0) return true;
      if (selection.kind === Kind.FIELD) return false;
      const below = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      return below === undefined || mayBeEmpty(below.selectionSet);
    });
  }

  return visit(document, {
    SelectionSet: {
      leave: (node) => (node.selections.length > 0 ? undefined : { ...node, selections: [typename] }),
    },
    Field: {
      enter: ({ directives }) => (isExcluded(directives) ? null : undefined),
      leave({ name, alias, ...field }) {
        if (alias !== undefined && name.value === '__typename') return { ...field, name };
        const { selectionSet } = field;
        // Else the planner would put the condition on the object.
        if (selectionSet === undefined || !mayBeEmpty(selectionSet)) return undefined;
        const selections = [...selectionSet.selections, typename];
        return { ...field, name, ...(alias && { alias }), selectionSet: { ...selectionSet, selections } };
      },
    },
    InlineFragment: ({ directives }) => (isExcluded(directives) ? null : undefined),
    FragmentSpread: ({ directives }) => (isExcluded(directives) ? null : undefined),
    Directive: (node) => (isAlways(node) ? null : undefined),
  });
}

const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

/** Names of the variables that `@skip` and `@include` depend on, in any operation of the document. */
export function conditionVariables(document: DocumentNode): string[] {
  const names: string[] = [];
  visit(document, {
    Directive(node) {
      for (const { variable } of conditionsOf([node])) names.push(variable);
    },
  });
  return names;
}

/** By `@skip(if: true)` or `@include(if: false)`, whatever the variables. */
function isExcluded(directives: readonly DirectiveNode[] = []): boolean {
  return directives.some((one) => valueOf(one) === (one.name.value === 'skip'));
}

/** `@skip(if: false)` or `@include(if: true)`. */
function isAlways(directive: DirectiveNode): boolean {
  return valueOf(directive) === (directive.name.value === 'include');
}

/** Of a condition without a variable; undefined for everything else. */
function valueOf({ name, arguments: [argument] = [] }: DirectiveNode): boolean | undefined {
  if (argument?.value.kind !== Kind.BOOLEAN || (name.value !== 'skip' && name.value !== 'include')) return undefined;
  return argument.value.value;
}

function contradict(conditions: readonly Condition[]): boolean {
  return conditions.some((one) =>
    conditions.some(({ variable, value }) => variable === one.variable && value !== one.value),
  );
}

function fragmentsIn(document: DocumentNode): Map<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const one of document.definitions) if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);
  return fragments;
}
