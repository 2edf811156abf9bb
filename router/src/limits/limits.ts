import { GraphQLError, parse } from 'graphql';
import { z } from 'zod';
import { sizeOf, sizeOfText, type OperationSize } from './document-size.ts';

const atMost = (value: number, description: string) =>
  z.int().min(1).nullable().default(value).describe(`${description} null: no limit.`);

/** How large requests may be. */
export const limitsSettings = z.strictObject({
  bodyBytes: z
    .int()
    .min(1)
    .default(1024 * 1024)
    .describe(
      "Bytes of an HTTP request's body (else REQUEST_TOO_LARGE) and of a socket's message (else it is closed).",
    ),
  tokens: atMost(10_000, 'Tokens of a document (else OPERATION_TOKENS_EXCEEDED): names, numbers, brackets and so on.'),
  depth: atMost(50, 'Fields inside of fields (else OPERATION_DEPTH_EXCEEDED).'),
  aliases: atMost(200, 'Fields with an alias (else OPERATION_ALIASES_EXCEEDED).'),
  rootFields: atMost(100, 'Fields at the top of an operation (else OPERATION_ROOT_FIELDS_EXCEEDED).'),
  fields: atMost(5_000, 'All fields of an operation, its fragments spread (else OPERATION_FIELDS_EXCEEDED).'),
  cost: z
    .strictObject({
      max: z
        .number()
        .min(0)
        .nullable()
        .default(null)
        .describe(
          'What an operation may cost (else OPERATION_COST_EXCEEDED). An object costs 1 and a scalar nothing, times the length of the list it is in; a mutation costs 10 more; @cost and @listSize of the supergraph say otherwise. null: no limit.',
        ),
      listSize: z.int().min(0).default(10).describe('How long a list is taken to be whose field has no @listSize.'),
    })
    .prefault({})
    .describe('What operations may cost, estimated from the supergraph and the variables before anything is fetched.'),
});

export type LimitsSettings = z.output<typeof limitsSettings>;

/** What is limited of an operation's text, and how its code and its sentence call it. */
const measures = {
  depth: ['DEPTH', 'levels deep'],
  aliases: ['ALIASES', 'aliases'],
  rootFields: ['ROOT_FIELDS', 'fields at the top'],
  fields: ['FIELDS', 'fields'],
  tokens: ['TOKENS', 'tokens'],
  cost: ['COST', 'points'],
} as const;

/** No document that a person or a tool writes nests brackets so deep, and parsers recurse as deep as that. */
const mostNesting = 500;

/** @param actual at least so much it is; counting may have stopped there */
export function exceeded(measure: keyof typeof measures, actual: number, allowed: number): GraphQLError {
  const [code, unit] = measures[measure];
  const verb = measure === 'cost' ? 'costs' : measure === 'depth' ? 'is' : 'has';
  return new GraphQLError(`The operation ${verb} ${actual} ${unit}; at most ${allowed} are allowed.`, {
    extensions: { code: `OPERATION_${code}_EXCEEDED`, limit: measure, actual, allowed, http: { status: 400 } },
  });
}

/**
 * Says whether a text is too large to be validated and planned, both of which may take much longer than reading it.
 *
 * @returns the check; it leaves what is no GraphQL to the parser
 */
export function createTextCheck(limits: LimitsSettings): (text: string) => GraphQLError | undefined {
  const sizes = ['depth', 'aliases', 'rootFields', 'fields'] as const satisfies readonly (keyof OperationSize)[];
  const tokensAllowed = limits.tokens ?? Infinity;

  return function tooLarge(text) {
    const { tokens, nesting } = sizeOfText(text, { tokens: tokensAllowed, nesting: mostNesting });
    if (tokens > tokensAllowed) return exceeded('tokens', tokens, tokensAllowed);
    if (nesting > mostNesting) return exceeded('depth', nesting, mostNesting);
    let size: OperationSize;
    try {
      size = sizeOf(parse(text, { noLocation: true }));
    } catch {
      return undefined;
    }
    for (const measure of sizes) {
      const allowed = limits[measure];
      if (allowed !== null && size[measure] > allowed) return exceeded(measure, size[measure], allowed);
    }
    return undefined;
  };
}
