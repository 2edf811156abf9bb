import { tokenAlgorithms } from '@cafe-for-me/lib/client-token';
import { z } from 'zod';

const oneOrMore = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

const provider = {
  jwks: z
    .string()
    .min(1)
    .describe(
      'The key set that tokens are checked with: a file, which is followed while it changes, or an http(s) address.',
    ),
  issuer: oneOrMore.describe('The issuer (iss) that a token must name, or several of which it names one.'),
  audience: oneOrMore.describe('The audience (aud) that a token must name, or several of which it names one.'),
  algorithms: z
    .array(z.enum(tokenAlgorithms))
    .min(1)
    .default([...tokenAlgorithms])
    .describe('The algorithms that a token may be signed with.'),
};

const keySettings = z.strictObject({
  maxAgeMs: z.int().min(1).default(600_000).describe('Keys from an address are fetched again when they are so old.'),
  cooldownMs: z
    .int()
    .min(0)
    .default(30_000)
    .describe('For a token that names an unknown key they are fetched again at once, but at most so often.'),
  keepMs: z.int().min(0).default(86_400_000).describe("While keys can't be read again, the old ones hold for so long."),
  timeoutMs: z.int().min(1).default(5_000).describe('Fetching keys may take so long.'),
});

export const jwtSettings = z.strictObject({
  ...provider,
  others: z
    .array(z.strictObject(provider))
    .default([])
    .describe('Further issuers, each with its own keys, audience and algorithms.'),
  header: z
    .string()
    .regex(/^[\w-]+$/)
    .toLowerCase()
    .default('authorization')
    .describe('The header that carries the token; on a socket also a key of the parameters of connection_init.'),
  prefix: z.string().regex(/^\S*$/).default('Bearer').describe('The word before the token; "" for none.'),
  required: z.boolean().default(false).describe('Refuse requests and sockets without a token.'),
  clockSkewMs: z
    .int()
    .min(0)
    .max(300_000)
    .default(0)
    .describe('Clocks may differ by so much: a token is taken so much longer, and earlier.'),
  maxTokenBytes: z.int().min(256).default(8_192).describe('The longest token that is looked at.'),
  maxSubjectLength: z.int().min(1).default(256).describe('The longest subject (sub) of a token, in characters.'),
  remembered: z
    .int()
    .min(1)
    .default(10_000)
    .describe('Tokens that are remembered, so as not to be verified for each request.'),
  revocations: z
    .string()
    .min(1)
    .optional()
    .describe(
      'A JSON file { "<sub>": "<ISO instant>" }, followed while it changes: tokens of that subject issued before the instant are refused, and what runs with them ends.',
    ),
  keys: keySettings.prefault({}).describe('How long keys are believed.'),
});
