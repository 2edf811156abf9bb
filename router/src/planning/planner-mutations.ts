import {
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { conditionsOf, type Condition } from './planner-fetches.ts';

/** A root field where the document has it. */
interface Occurrence {
  readonly node: FieldNode;
  readonly conditions: readonly Condition[];
}

/**
 * The document with each root field of its mutations selected once. GraphQL executes a field once, however often it is selected;
 * the planner would execute it again for each time that something else comes between.
 *
 * @param document without what is always skipped
 */
export function withoutRepeatedMutations(document: DocumentNode): DocumentNode {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const one of document.definitions) if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);

  function occurrencesIn({ selections }: SelectionSetNode, outer: readonly Condition[]): Occurrence[] {
    return selections.flatMap(function occurrencesOf(node): Occurrence[] {
      const conditions = [...outer, ...conditionsOf(node.directives)];
      if (node.kind === Kind.FIELD) return [{ node, conditions }];
      const selectionSet =
        node.kind === Kind.INLINE_FRAGMENT ? node.selectionSet : fragments.get(node.name.value)?.selectionSet;
      return selectionSet === undefined ? [] : occurrencesIn(selectionSet, conditions);
    });
  }

  function changed(operation: OperationDefinitionNode): OperationDefinitionNode {
    const all = occurrencesIn(operation.selectionSet, []);
    if (new Set(all.map(({ node }) => responseName(node))).size === all.length) return operation;
    const selections = all.flatMap(function once(one, index) {
      const alike = (other: Occurrence): boolean => responseName(other.node) === responseName(one.node);
      const earlier = all.slice(0, index).filter(alike);
      const later = all.slice(index + 1).filter(alike);
      return firstOnly(one, earlier).map((conditions) => wrapped(joined(one.node, later), conditions));
    });
    return { ...operation, selectionSet: { ...operation.selectionSet, selections } };
  }

  return {
    ...document,
    definitions: document.definitions.map((one) =>
      one.kind === Kind.OPERATION_DEFINITION && one.operation === OperationTypeNode.MUTATION ? changed(one) : one,
    ),
  };
}

/** The cases, each a set of conditions, in which a field is included and none of the earlier ones is; no two hold together. */
function firstOnly({ conditions }: Occurrence, earlier: readonly Occurrence[]): Condition[][] {
  let cases: Condition[][] = isPossible(conditions) ? [[...conditions]] : [];
  for (const other of earlier) {
    const less: Condition[][] = [];
    for (const one of cases) {
      // The other is not included when one of its conditions doesn't hold: the first of them that doesn't.
      for (const [index, { variable, value }] of other.conditions.entries()) {
        const added = [...one, ...other.conditions.slice(0, index), { variable, value: !value }];
        if (isPossible(added)) less.push(added);
      }
    }
    cases = less;
  }
  return cases;
}

function isPossible(conditions: readonly Condition[]): boolean {
  return conditions.every(({ variable, value }) =>
    conditions.every((other) => other.variable !== variable || other.value === value),
  );
}

/** A field with what later occurrences select of it, under their conditions. */
function joined(node: FieldNode, later: readonly Occurrence[]): FieldNode {
  if (node.selectionSet === undefined) return plain(node);
  const selections: SelectionNode[] = [...node.selectionSet.selections];
  for (const { node: other, conditions } of later) {
    if (other.selectionSet === undefined) continue;
    if (conditions.length === 0) selections.push(...other.selectionSet.selections);
    else selections.push(...inFragments(other.selectionSet.selections, conditions));
  }
  return plain({ ...node, selectionSet: { ...node.selectionSet, selections } });
}

function wrapped(node: FieldNode, conditions: readonly Condition[]): SelectionNode {
  return inFragments([node], conditions)[0]!;
}

function inFragments(selections: readonly SelectionNode[], conditions: readonly Condition[]): readonly SelectionNode[] {
  let inner = selections;
  const unique = new Map(conditions.map((one) => [one.variable, one]));
  for (const { variable, value } of unique.values()) {
    inner = [
      {
        kind: Kind.INLINE_FRAGMENT,
        directives: [
          {
            kind: Kind.DIRECTIVE,
            name: { kind: Kind.NAME, value: value ? 'include' : 'skip' },
            arguments: [
              {
                kind: Kind.ARGUMENT,
                name: { kind: Kind.NAME, value: 'if' },
                value: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: variable } },
              },
            ],
          },
        ],
        selectionSet: { kind: Kind.SELECTION_SET, selections: inner },
      },
    ];
  }
  return inner;
}

/** Its conditions stand around it. */
function plain({ directives = [], ...node }: FieldNode): FieldNode {
  return { ...node, directives: directives.filter((one) => conditionsOf([one]).length === 0) };
}

function responseName({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}
