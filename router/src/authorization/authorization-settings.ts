import { z } from 'zod';

export const authorizationSettings = z.strictObject({
  scopesClaim: z
    .string()
    .min(1)
    .default('scope')
    .describe('The claim of a token that lists its scopes, as one text with spaces or as an array.'),
  policiesClaim: z
    .string()
    .min(1)
    .optional()
    .describe('The claim of a token that lists the policies that hold for it; without it none does by a claim.'),
  rejectUnauthorized: z
    .boolean()
    .default(false)
    .describe('Refuse an operation that asks for anything denied, in place of answering null there.'),
  logDenied: z.boolean().default(false).describe('Write a line for each operation in which something is denied.'),
});

export type AuthorizationSettings = z.output<typeof authorizationSettings>;
