import { z } from 'zod';
import { settingsSchema } from './settings.ts';

/** The parts of JSON Schema that settings come to. */
export interface JsonSchema {
  type?: string | readonly string[];
  description?: string;
  default?: unknown;
  enum?: readonly unknown[];
  const?: unknown;
  format?: string;
  pattern?: string;
  properties?: Record<string, JsonSchema>;
  required?: readonly string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: readonly JsonSchema[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
}

/** The settings as a JSON schema: what a file may say. */
export const plainSchema = z.toJSONSchema(settingsSchema, { io: 'input', target: 'draft-7' }) as JsonSchema;

/** For editors: the same, and every single value may also come from the environment, as in `${PORT}`. */
export function editorSchema(): JsonSchema {
  return { ...withVariables(plainSchema), description: 'The configuration of the router.' };
}

function withVariables(schema: JsonSchema): JsonSchema {
  const { properties, additionalProperties, items } = schema;
  if (properties !== undefined || typeof additionalProperties === 'object' || items !== undefined) {
    return {
      ...schema,
      ...(properties && { properties: mapped(properties) }),
      ...(typeof additionalProperties === 'object' && { additionalProperties: withVariables(additionalProperties) }),
      ...(items && { items: withVariables(items) }),
    };
  }
  const { description, default: fallback, anyOf, ...rest } = schema;
  if (anyOf === undefined && rest.type === 'string' && Object.keys(rest).length === 1) return schema;
  return {
    ...(description !== undefined && { description }),
    ...(fallback !== undefined && { default: fallback }),
    anyOf: [...(anyOf?.map(withVariables) ?? [rest]), { type: 'string', pattern: '\\$\\{\\w+(:-[^}]*)?\\}' }],
  };
}

function mapped(properties: Record<string, JsonSchema>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, withVariables(schema)]));
}

/** The schema of the value at `path`; undefined where none is known. */
export function schemaAt(path: readonly PropertyKey[], from: JsonSchema = plainSchema): JsonSchema | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return from;
  const inner = from.properties?.[String(step)] ?? (typeof step === 'number' ? from.items : undefined);
  if (inner !== undefined) return schemaAt(rest, inner);
  if (typeof from.additionalProperties === 'object') return schemaAt(rest, from.additionalProperties);
  for (const one of from.anyOf ?? []) {
    const found = schemaAt(path, one);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a value may be, in words: `a whole number from 0 to 65535`. */
export function allowedBy(schema: JsonSchema): string {
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(allowedBy))].join(', or ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`;
  switch (schema.type) {
    case 'integer':
      return `a whole number${range(schema)}`;
    case 'number':
      return `a number${range(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'array':
      return schema.items === undefined ? 'a list' : `a list, each item ${allowedBy(schema.items)}`;
    case 'object':
      return schema.properties === undefined
        ? 'a mapping'
        : `a mapping of ${Object.keys(schema.properties).join(', ')}`;
    case undefined:
    default:
      if (schema.format === 'uri') return 'an http or https address';
      return (schema.minLength ?? 0) > 1 ? `a text of at least ${schema.minLength} characters` : 'a text';
  }
}

function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const least = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`;
  const limits = [
    least !== undefined && `at least ${least}`,
    exclusiveMinimum !== undefined && `more than ${exclusiveMinimum}`,
    most !== undefined && `at most ${most}`,
    exclusiveMaximum !== undefined && `less than ${exclusiveMaximum}`,
  ].filter((limit) => limit !== false);
  return limits.length === 0 ? '' : `, ${limits.join(' and ')}`;
}

/** Whether `null` means something there, beside "not given". */
export function takesNull(schema: JsonSchema | undefined): boolean {
  return schema?.type === 'null' || (schema?.anyOf ?? []).some(takesNull);
}
