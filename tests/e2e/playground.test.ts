import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '@cafe-for-me/deploy/paths';
import { buildSchema, parse, validate } from 'graphql';
import { openCafe, type Cafe } from '../harness/cafe.ts';

interface Example {
  readonly title: string;
  readonly query: string;
}

describe('the playground', () => {
  let cafe: Cafe;
  beforeAll(async () => {
    cafe = await openCafe();
  }, 90_000);
  afterAll(() => cafe.close());

  it('is a page that asks nothing of another machine', async () => {
    const page = await fetch(cafe.system.urls.graph, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const html = await page.text();
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(0);
    for (const link of links) {
      expect(link).not.toMatch(/^(https?:)?\/\//);
      expect((await fetch(new URL(link, cafe.system.urls.graph))).status).toBe(200);
    }
  });

  it('offers examples that the graph understands, each of them', async () => {
    const { data } = await cafe.graphWith().send<{ __schema: unknown }>('{ __schema { queryType { name } } }');
    expect(data).not.toBeNull();
    const sdl = await readFile(join(root, 'schema', 'supergraph.graphql'), 'utf8');
    const schema = buildSchema(sdl, { assumeValidSDL: true });
    const examples = JSON.parse(await readFile(join(root, 'deploy', 'playground-examples.json'), 'utf8')) as Example[];
    for (const { title, query } of examples) {
      expect([title, validate(schema, parse(query)).map(({ message }) => message)]).toEqual([title, []]);
    }
  });
});
