import { Kind, Lexer, Source, TokenKind, type DocumentNode, type SelectionSetNode } from 'graphql';

/** How large an operation is when its fragments are spread. */
export interface OperationSize {
  /** Fields inside of fields: 1 for `{ a }`. */
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  readonly fields: number;
}

const nothing: OperationSize = { depth: 0, aliases: 0, rootFields: 0, fields: 0 };

/** The largest size of a document's operations, each measure by itself. */
export function sizeOf(document: DocumentNode): OperationSize {
  const fragments = new Map<string, SelectionSetNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition.selectionSet);
  }
  // A fragment is measured once, however often it is spread: spread in each other, a few make up billions of fields.
  const measured = new Map<string, OperationSize>();

  function sizeOfFragment(name: string): OperationSize {
    const known = measured.get(name);
    if (known !== undefined) return known;
    // Where it spreads itself, it is not valid, and counts as nothing here.
    measured.set(name, nothing);
    const selectionSet = fragments.get(name);
    const size = selectionSet === undefined ? nothing : sizeOfSelections(selectionSet);
    measured.set(name, size);
    return size;
  }

  function sizeOfSelections({ selections }: SelectionSetNode): OperationSize {
    let { depth, aliases, rootFields, fields } = nothing;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const inside = selection.selectionSet === undefined ? nothing : sizeOfSelections(selection.selectionSet);
        depth = Math.max(depth, 1 + inside.depth);
        aliases += inside.aliases + (selection.alias === undefined ? 0 : 1);
        rootFields += 1;
        fields += 1 + inside.fields;
      } else {
        const spread =
          selection.kind === Kind.INLINE_FRAGMENT
            ? sizeOfSelections(selection.selectionSet)
            : sizeOfFragment(selection.name.value);
        depth = Math.max(depth, spread.depth);
        aliases += spread.aliases;
        rootFields += spread.rootFields;
        fields += spread.fields;
      }
    }
    return { depth, aliases, rootFields, fields };
  }

  let { depth, aliases, rootFields, fields } = nothing;
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const size = sizeOfSelections(definition.selectionSet);
    depth = Math.max(depth, size.depth);
    aliases = Math.max(aliases, size.aliases);
    rootFields = Math.max(rootFields, size.rootFields);
    fields = Math.max(fields, size.fields);
  }
  return { depth, aliases, rootFields, fields };
}

const opening = new Set<TokenKind>([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const closing = new Set<TokenKind>([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/**
 * Counts a text's tokens and how deep its brackets are nested, which parsers answer with as deep a recursion.
 *
 * It stops at the first that is more than `most`, and at what is no GraphQL, which is for the parser to tell.
 */
export function sizeOfText(
  text: string,
  most: { tokens: number; nesting: number },
): { tokens: number; nesting: number } {
  const lexer = new Lexer(new Source(text));
  let tokens = 0;
  let open = 0;
  let nesting = 0;
  try {
    while (tokens <= most.tokens && nesting <= most.nesting) {
      const { kind } = lexer.advance();
      if (kind === TokenKind.EOF) break;
      tokens += 1;
      if (opening.has(kind)) open += 1;
      else if (closing.has(kind)) open -= 1;
      nesting = Math.max(nesting, open);
    }
  } catch {
    // The parser stumbles over the same.
  }
  return { tokens, nesting };
}
