import {
  Kind,
  print,
  visit,
  type ASTNode,
  type DefinitionNode,
  type DocumentNode,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { askedOf, isValid } from './check.ts';
import type { Asked } from './setup.ts';

/**
 * Makes an operation smaller as long as it stays wrong: selections and directives are taken out one by one.
 *
 * @param isWrong whether a smaller one still shows the difference
 * @param attempts how often that may be asked. @default 300
 */
export async function shrink(
  schema: GraphQLSchema,
  asked: Asked,
  isWrong: (smaller: Asked) => Promise<boolean>,
  attempts = 300,
): Promise<Asked> {
  let best = asked;
  let left = attempts;
  for (let position = 0; left > 0;) {
    const smaller = without(best, position);
    if (smaller === undefined) break;
    const valid = isValid(schema, smaller);
    if (valid) left -= 1;
    if (valid && (await isWrong(smaller))) best = smaller;
    else position += 1;
  }
  return best;
}

/** The operation without its `position`-th part; undefined when it has no so many parts. */
function without({ document, variables }: Asked, position: number): Asked | undefined {
  let count = -1;
  const isIt = (): boolean => {
    count += 1;
    return count === position;
  };
  const changed: DocumentNode = visit(document, {
    Directive: () => (isIt() ? null : undefined),
    SelectionSet(node) {
      if (node.selections.length > 1) {
        const kept = node.selections.filter(() => !isIt());
        if (kept.length < node.selections.length) return { ...node, selections: kept };
      }
      // A fragment's selections in the place of the fragment.
      const opened = node.selections.flatMap((one) =>
        one.kind === Kind.INLINE_FRAGMENT && isIt() ? one.selectionSet.selections : [one],
      );
      return opened.length === node.selections.length && opened.every((one, index) => one === node.selections[index])
        ? undefined
        : ({ ...node, selections: opened } satisfies SelectionSetNode);
    },
    Field: (node) => (node.alias !== undefined && isIt() ? withoutAlias(node) : undefined),
  });
  if (count < position) return undefined;
  const text = print(pruned(changed));
  return askedOf(text, onlyUsed(text, variables));
}

function withoutAlias<Node extends { alias?: unknown }>({ alias: _alias, ...rest }: Node) {
  return rest;
}

/** Without fragments and variables that nobody uses any more. */
function pruned(document: DocumentNode): DocumentNode {
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const fragments = new Map<string, DefinitionNode>();
  for (const one of document.definitions) if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);
  const kept = new Set<DefinitionNode>();
  const used = new Set<string>();
  function keep(definition: DefinitionNode): void {
    if (kept.has(definition)) return;
    kept.add(definition);
    visit(definition as ASTNode, {
      FragmentSpread: ({ name }) => {
        const fragment = fragments.get(name.value);
        if (fragment !== undefined) keep(fragment);
      },
      VariableDefinition: ({ directives }) => (directives === undefined ? undefined : false),
      Variable: ({ name }) => void used.add(name.value),
    });
  }
  operations.forEach(keep);
  return visit(
    { ...document, definitions: [...kept] },
    { VariableDefinition: ({ variable }) => (used.has(variable.name.value) ? undefined : null) },
  );
}

function onlyUsed(text: string, variables: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => text.includes(`$${name}`)));
}
