import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exampleFile } from './config-example.ts';
import { parseConfigFile } from './config-file.ts';
import { editorSchema, plainSchema, type JsonSchema } from './config-schema.ts';
import { readSettings } from './config.ts';
import { StartRefused } from '../refusal.ts';
import { defaultSettings } from './settings.ts';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'router-config-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Reads a configuration that is this file and nothing else. */
function fromFile(text: string, env: Record<string, string> = {}) {
  const path = join(directory, 'router.yaml');
  writeFileSync(path, text);
  return readSettings(['--config', path], env);
}

/** Every line that is said about a wrong configuration, without the directory. */
function problems(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(StartRefused);
    const lines = (error as Error).message.replaceAll(`${directory}/`, '').split('\n');
    return lines.length === 1
      ? [lines[0]!.replace('The configuration is not valid: ', '')]
      : lines.slice(1).map((line) => line.trim());
  }
  throw new Error('it was taken');
}

describe('the configuration', () => {
  it('is the command line first, then the environment, then the file, then the defaults', () => {
    const path = join(directory, 'all.yaml');
    writeFileSync(path, 'supergraph: of-file\nlisten: { port: 1, host: of.file }\nlog: { level: warn }\n');
    const env = {
      CONFIG: path,
      PORT: '2',
      HOST: 'of.environment',
      LISTEN_NAMES: 'a.example, b.example',
      LOG_LEVEL: '',
    };
    const { supergraph, settings } = readSettings(['--port', '3'], env);
    expect([supergraph, settings.listen, settings.log.level, settings.introspection]).toEqual([
      'of-file',
      { host: 'of.environment', port: 3, names: ['a.example', 'b.example'] },
      'warn',
      true,
    ]);
  });

  it('takes true and false from the environment, and nothing like them', () => {
    const enabled = (text: string) =>
      readSettings(['--supergraph', 'a'], { EXPLAIN_ENABLED: text }).settings.explain.enabled;
    expect([enabled('true'), enabled('false'), enabled('')]).toEqual([true, false, false]);
    expect(problems(() => enabled('yes'))).toEqual([expect.stringContaining('EXPLAIN_ENABLED')]);
  });

  it('needs a supergraph and nothing else', () => {
    expect(problems(() => readSettings([], {}))).toEqual([
      'there is no supergraph: give --supergraph FILE, or SUPERGRAPH',
    ]);
    expect(readSettings(['--supergraph', 'a'], {}).settings).toEqual({ ...defaultSettings, supergraph: 'a' });
  });

  it('has addresses of subgraphs from the environment, else from the file', () => {
    const { addressOf } = fromFile(
      `supergraph: a
subgraphs:
  byName:
    product-reviews: { url: http://file/reviews }
    people: { url: http://file/people }
`,
      { SUBGRAPH_URL_PRODUCT_REVIEWS: 'http://environment/reviews' },
    );
    expect(['product-reviews', 'people', 'others'].map(addressOf)).toEqual([
      'http://environment/reviews',
      'http://file/people',
      undefined,
    ]);
  });

  it('says of a wrong value where it was given and what is allowed, and never the value', () => {
    const env = { ROUTER_KEY: 'too short', PORT: '99999', SUBGRAPH_URL_PEOPLE: 'ftp://x', JWT_ISSUER: 'me' };
    const told = problems(() => readSettings(['--supergraph', 'a', '--workers', 'many'], env));
    expect(told).toEqual([
      '--workers: workers should be a whole number from 1 to 256',
      'PORT: listen.port should be a whole number from 0 to 65535',
      'ROUTER_KEY: identity.routerKey should be a text of at least 32 characters',
      'JWT_JWKS: identity.jwt.jwks is missing; it is a text',
      expect.stringMatching(/^JWT_AUDIENCE: identity\.jwt\.audience is missing; it is a text/),
      'SUBGRAPH_URL_PEOPLE should be an http or https address',
    ]);
  });

  it('says of values that exclude each other where they were given', () => {
    const file = `supergraph: a
persistedOperations: { mode: safelist }
cors:
  origins: ["*"]
  credentials: true
`;
    expect(problems(() => fromFile(file))).toEqual([
      'router.yaml:2:24: persistedOperations.mode: safelist needs persistedOperations.manifest',
      'router.yaml:5:3: cors.credentials: can not be allowed for the origin "*"; name the sites',
    ]);
  });

  it('says that a file does not exist', () => {
    expect(() => readSettings(['--config', '/nowhere/router.yaml'], {})).toThrow(
      'The configuration file /nowhere/router.yaml does not exist.',
    );
  });
});

describe('a configuration file', () => {
  it('is told by line and column what is wrong in it, all at once', () => {
    expect(
      problems(() =>
        fromFile(`supergraph: a
listen:
  prot: 4000
log:
  level: warm
port: 4000
limits:
  depth: deep
  cost:
    max: [1]
introspection: 1
subgraphs:
  byName:
    people:
      timeoutMs: 0
`),
      ),
    ).toEqual([
      'router.yaml:3:3: listen.prot does not exist; did you mean port? There are host, port, names.',
      'router.yaml:5:3: log.level should be one of fatal, error, warn, info, debug, trace, silent; did you mean warn?',
      'router.yaml:6:1: port does not exist; did you mean listen.port?',
      'router.yaml:8:3: limits.depth should be a whole number, at least 1, or null',
      'router.yaml:10:5: limits.cost.max should be a number, at least 0, or null',
      'router.yaml:11:1: introspection should be true or false',
      'router.yaml:15:7: subgraphs.byName.people.timeoutMs should be a whole number from 1 to 2147483647',
    ]);
  });

  it('is told where it is no YAML, and where no mapping', () => {
    expect(problems(() => fromFile('a: 1\nlisten: { port: 4000\nb: 2\n'))[0]).toMatch(/^router\.yaml:3:1: /);
    expect(problems(() => fromFile('listen: {}\nlisten: {}\n'))).toEqual(['router.yaml:2:1: Map keys must be unique']);
    expect(problems(() => fromFile('listen: { port: ${PORT} }\n'))[0]).toMatch(
      /^router\.yaml:1:18: .+ \(\$\{…\} stands on a line of its own, or in quotes\)$/,
    );
    expect(problems(() => fromFile('- a\n'))[0]).toMatch(/^router\.yaml:1:1: a mapping of settings is expected/);
  });

  it('says what a key that lacks should be, at the line of those around it', () => {
    expect(problems(() => fromFile('supergraph: a\nidentity:\n  jwt: { issuer: me, audience: you }\n'))).toEqual([
      'router.yaml:3:3: identity.jwt.jwks is missing; it is a text',
    ]);
  });

  it('may be empty, and a key with nothing behind it counts as not there, where null is no value', () => {
    const { settings } = fromFile('supergraph: a\nlisten:\n  # port: 1\nlog: { level: }\nlimits: { depth: }\n');
    expect([settings.listen, settings.log, settings.limits.depth]).toEqual([
      defaultSettings.listen,
      defaultSettings.log,
      null,
    ]);
    expect(parseConfigFile('# nothing\n', 'a.yaml', {}).values).toEqual({});
  });

  it('takes values from the environment, numbers and booleans too, but no structure', () => {
    const env = { P: '4001', YES: 'true', NAME: 'x', KEY: '{ a: 1 }', EMPTY: '' };
    const { values } = parseConfigFile(
      `port: \${P}
on: \${YES}
text: "\${P}"
part: a-\${NAME}-\${MISSING:-b}
key: \${KEY}
same: $\${NAME}
nothing: \${EMPTY:-}
list:
  - \${NAME}
  - "\${NAME}"
`,
      'router.yaml',
      env,
    );
    expect(values).toEqual({
      port: 4001,
      on: true,
      text: '4001',
      part: 'a-x-b',
      key: '{ a: 1 }',
      same: '${NAME}',
      nothing: null,
      list: ['x', 'x'],
    });
  });

  it('says which variables the environment lacks, and where it wants them', () => {
    expect(problems(() => fromFile('supergraph: ${SUPER}\nlisten:\n  port: ${P}\n'))).toEqual([
      'router.yaml:1:13: the environment has no SUPER; set it, or give a default: ${SUPER:-…}',
      'router.yaml:3:9: the environment has no P; set it, or give a default: ${P:-…}',
    ]);
  });

  it('may repeat itself by anchors', () => {
    const { settings } = fromFile('supergraph: a\nsubgraphs:\n  byName:\n    a: &one { timeoutMs: 7 }\n    b: *one\n');
    expect(settings.subgraphs.byName['b']?.timeoutMs).toBe(7);
    expect(
      problems(() => fromFile('supergraph: a\nsubgraphs:\n  byName:\n    a: &one { timeoutMs: x }\n    b: *one\n')),
    ).toEqual([
      expect.stringMatching(/^router\.yaml:4:15: subgraphs\.byName\.a\.timeoutMs/),
      expect.stringMatching(/^router\.yaml:4:15: subgraphs\.byName\.b\.timeoutMs/),
    ]);
  });
});

describe('what is said about the configuration', () => {
  const committed = (name: string) => readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8');

  it('is the example that is committed (else: node router/dist/main.js --print-config-example > router/router.example.yaml)', () => {
    expect(committed('router.example.yaml')).toBe(exampleFile());
  });

  it('is the schema that is committed (else: node router/dist/main.js --print-config-schema > router/config.schema.json)', () => {
    expect(JSON.parse(committed('config.schema.json'))).toEqual(editorSchema());
  });

  it('is an example that says nothing but the defaults, and all of them', () => {
    const { settings } = fromFile(committed('router.example.yaml'), { SUPERGRAPH: 'a' });
    expect(settings).toEqual({ ...defaultSettings, supergraph: 'a' });
    const { values } = parseConfigFile(committed('router.example.yaml'), 'router.example.yaml', {});
    const given = keysOf(values);
    for (const key of keysOf(defaultSettings)) expect(given).toContain(key);
  });

  it('is a sentence for every setting', () => {
    expect(withoutDescription(plainSchema, [])).toEqual([]);
  });
});

function keysOf(values: object, path = ''): string[] {
  return Object.entries(values).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null && Object.keys(value).length > 0 && !Array.isArray(value)
      ? keysOf(value as object, `${path}${key}.`)
      : [`${path}${key}`],
  );
}

function withoutDescription(schema: JsonSchema, path: readonly string[]): string[] {
  const found: string[] = [];
  for (const [key, one] of Object.entries(schema.properties ?? {})) {
    if (one.description === undefined) found.push([...path, key].join('.'));
    found.push(...withoutDescription(one, [...path, key]));
  }
  return found;
}
