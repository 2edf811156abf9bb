import { z } from 'zod';
import { logLevels } from './log.ts';

/** The environment lacks a name or holds a wrong value. `message` is meant for the person who starts the process. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The environment is not complete:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/**
 * Reads the process's settings from its environment.
 *
 * An empty text counts as missing, because compose files turn an unset variable into one. What a name should be is taken
 * from the schema's `.describe('…, e.g. …')`. Values never appear in the message: they may be secrets.
 *
 * @throws ConfigError that lists every missing or invalid name at once
 */
export function readConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  env: Readonly<Record<string, string | undefined>>,
): z.output<z.ZodObject<Shape>> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) =>
      env[name] === undefined || env[name] === '' ? [] : [[name, env[name]]],
    ),
  );
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = new Map<string, string>();
  for (const issue of result.error.issues) {
    const name = String(issue.path[0] ?? 'environment');
    if (problems.has(name)) continue;
    const wrong = name in given ? `is not valid (${issue.message})` : 'is missing';
    const wanted = descriptionOf(schema.shape[name] as z.ZodType | undefined);
    problems.set(name, `${name} ${wrong}${wanted === undefined ? '' : `; it should be ${wanted}`}`);
  }
  throw new ConfigError([...problems.values()]);
}

/** Looks through `.default()`, `.optional()` and the like, which wrap the schema that was described. */
function descriptionOf(schema: z.ZodType | undefined): string | undefined {
  if (schema === undefined) return undefined;
  if (schema.description !== undefined) return schema.description;
  const inner =
    (schema.def as { innerType?: z.ZodType; in?: z.ZodType }).innerType ?? (schema.def as { in?: z.ZodType }).in;
  return descriptionOf(inner);
}

/** A TCP port, 0 for any free one. */
export const port = () => z.coerce.number().int().min(0).max(65_535).describe('a TCP port, e.g. 4001');

/** A whole number that is at least `min`, for times and counts; `what` says the unit. */
export const wholeNumber = (what: string, example: number, min = 1) =>
  z.coerce.number().int().min(min).describe(`${what}, a whole number, e.g. ${example}`);

/** An address with one of the given schemes, e.g. `address(['http', 'https'], 'http://127.0.0.1:4011')`. */
export const address = (schemes: readonly string[], example: string) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)),
      `not an address that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    )
    .describe(`an address, e.g. ${example}`);

/** A shared secret. */
export const secret = (minLength = 32) =>
  z
    .string()
    .min(minLength)
    .describe(`a secret of at least ${minLength} characters, e.g. what \`openssl rand -hex 32\` prints`);

export const databaseUrl = () => address(['postgres', 'postgresql'], 'postgresql://user:password@127.0.0.1:5432/name');
export const natsUrl = () => address(['nats', 'tls'], 'nats://127.0.0.1:4222');
export const httpUrl = () => address(['http', 'https'], 'http://127.0.0.1:4011');
export const logLevel = () => z.enum(logLevels).describe(`one of ${logLevels.join(', ')}`);
