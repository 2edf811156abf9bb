import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, Scalar, visit, type Node } from 'yaml';
import { StartRefused } from '../refusal.ts';

type Environment = Readonly<Record<string, string | undefined>>;
export type KeyPath = readonly PropertyKey[];

/** A configuration file that is YAML; what it says is not checked. */
export interface ConfigFile {
  readonly values: Readonly<Record<string, unknown>>;
  /** Where a key stands, or the nearest of those around it that does: `router.yaml:3:5`. */
  placeOf(path: KeyPath): string;
}

/**
 * Reads YAML. `${NAME}` in a value stands for a variable of the environment, `${NAME:-text}` for the text where it is unset
 * or empty, and `$${` for `${` itself. A key whose value is nothing after that counts as not there. Numbers and booleans may
 * come from the environment when the value is not quoted.
 *
 * @param name how the file is called in errors
 * @throws StartRefused that lists every problem with its line and column
 */
export function parseConfigFile(text: string, name: string, env: Environment): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems: string[] = [];

  function place(offset: number): string {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  }

  for (const { pos, message } of document.errors) {
    const line = text.split('\n')[lines.linePos(pos[0]).line - 1] ?? '';
    const hint = line.includes('${') ? ' (${…} stands on a line of its own, or in quotes)' : '';
    problems.push(`${place(pos[0])}: ${message.split('\n', 1)[0]}${hint}`);
  }
  visit(document, {
    Scalar(key, node) {
      if (typeof node.value !== 'string' || !node.value.includes('${') || key === 'key') return undefined;
      const { text: expanded, missing } = expand(node.value, env);
      for (const one of missing) {
        problems.push(
          `${place(node.range?.[0] ?? 0)}: the environment has no ${one}; set it, or give a default: \${${one}:-…}`,
        );
      }
      node.value = node.type === Scalar.PLAIN ? plainValue(expanded) : expanded;
      return undefined;
    },
  });
  const root: unknown = document.contents;
  if (problems.length === 0 && root !== null && !isMap(root) && !(isScalar(root) && root.value === null)) {
    problems.push(`${place(0)}: a mapping of settings is expected, as in "log: { level: info }"`);
  }
  if (problems.length > 0) throw refused(problems);

  function nodeAt(path: KeyPath): { key: Node | undefined; value: unknown } | undefined {
    let found: { key: Node | undefined; value: unknown } = { key: undefined, value: root };
    for (const step of path) {
      const holder = isAlias(found.value) ? found.value.resolve(document) : found.value;
      const pair = isMap(holder)
        ? holder.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
        : undefined;
      const item: unknown = isSeq(holder) && typeof step === 'number' ? holder.items[step] : undefined;
      if (pair !== undefined) found = { key: pair.key as Node, value: pair.value };
      else if (item !== undefined && !isPair(item)) found = { key: item as Node, value: item };
      else return undefined;
    }
    return found;
  }

  return {
    values: (document.toJS() ?? {}) as Record<string, unknown>,
    placeOf(path) {
      for (let length = path.length; length > 0; length -= 1) {
        const found = nodeAt(path.slice(0, length));
        const [offset] = found?.key?.range ?? [];
        if (offset !== undefined) return place(offset);
      }
      return name;
    },
  };
}

/** Every problem of a configuration, one line each. */
export function refused(problems: readonly string[]): StartRefused {
  return new StartRefused(
    problems.length === 1
      ? `The configuration is not valid: ${problems[0]}`
      : `The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
  );
}

function expand(text: string, env: Environment): { text: string; missing: string[] } {
  const missing: string[] = [];
  const expanded = text.replaceAll(
    /\$(\$\{)|\$\{(\w+)(?::-([^}]*))?\}/g,
    function replaced(_, escaped: string | undefined, name: string, fallback: string | undefined) {
      if (escaped !== undefined) return escaped;
      const value = env[name];
      if (value !== undefined && value !== '') return value;
      if (fallback === undefined) missing.push(name);
      return fallback ?? '';
    },
  );
  return { text: expanded, missing };
}

/** What YAML makes of a plain text, unless that would be a structure: values from outside must not become one. */
function plainValue(text: string): unknown {
  if (/^(?:true|false)$/.test(text)) return text === 'true';
  if (/^[-+]?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  return text === '' ? null : text;
}
