import { stringify } from 'yaml';
import { plainSchema, type JsonSchema } from './config-schema.ts';

const width = 120;
const inline = { singleQuote: true, collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 } as const;

/** A configuration file with every setting, what it means, and its default; what has no default is commented out. */
export function exampleFile(): string {
  const head = [
    '# yaml-language-server: $schema=./config.schema.json',
    ...comment(
      'Every setting of the router with its default: --config FILE takes such a file, and what it leaves out stays as it is here. The command line and the environment are stronger. A value may come from the environment: ${NAME}, or ${NAME:-default}.',
    ),
  ];
  return `${[...head, ...entries(plainSchema)].join('\n')}\n`;
}

/** @param aside they stand in a comment already */
function entries(schema: JsonSchema, aside = false): string[] {
  const lines: string[] = [];
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    // A blank line between the chapters.
    if (schema === plainSchema) lines.push('');
    const oneOf = inner.enum === undefined ? '' : ` One of ${inner.enum.join(', ')}.`;
    lines.push(...comment(`${inner.description ?? ''}${oneOf}`));
    lines.push(...(aside || isGiven(inner) ? entry(name, inner, aside) : commentedOut(entry(name, inner, true))));
  }
  return lines;
}

/** Whether there is a value when the file has none. */
function isGiven({ default: fallback }: JsonSchema): boolean {
  return fallback !== undefined;
}

function entry(name: string, schema: JsonSchema, aside: boolean): string[] {
  const { properties, additionalProperties, items, default: fallback } = schema;
  if (properties !== undefined) return [`${name}:`, ...indented(entries(schema, aside))];
  const value = fallback === undefined ? '' : ` ${stringify(fallback, inline).trimEnd()}`;
  const lines = [`${name}:${value}`];
  const inner = typeof additionalProperties === 'object' ? additionalProperties : items;
  if (inner?.properties !== undefined) {
    const sample = [inner === items ? '  -' : '  NAME:', ...indented(indented(entries(inner, true)))];
    lines.push(...(aside ? sample : commentedOut(sample)));
  }
  return lines;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`));
}

function commentedOut(lines: readonly string[]): string[] {
  return lines.map((line) => `# ${line}`.trimEnd());
}

function comment(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter((one) => one !== '')) {
    const last = lines.at(-1);
    // Room for the indentation of the deepest keys.
    if (last !== undefined && last.length + 1 + word.length <= width - 12) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`# ${word}`);
  }
  return lines;
}
