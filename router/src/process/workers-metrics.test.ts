import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@cafe-for-me/lib/testing/until';
import { bundleMain } from '../testing/bundled-main.ts';
import { startProcess } from '../testing/router-process.ts';
import { startSubgraph } from '../testing/subgraph.ts';
import { compose } from '../testing/supergraph.ts';

describe('the metrics of several workers', () => {
  it('are those of all, whichever of them is asked', async () => {
    const bundle = await bundleMain();
    const directory = await mkdtemp(join(tmpdir(), 'router-metrics-'));
    const subgraph = await startSubgraph('shop', 'type Query { hello: String }', { Query: { hello: () => 'world' } });
    const supergraph = join(directory, 'supergraph.graphql');
    await writeFile(supergraph, compose([subgraph]));
    const args = ['--supergraph', supergraph, '--port', '0', '--workers', '2'];
    const router = startProcess(bundle.main, args, { METRICS_PORT: '0' });
    try {
      const offered = [await router.said('metrics are offered'), await router.said('metrics are offered')];
      const { url } = await router.said('listening');
      expect(offered[0]?.['url']).toBe(offered[1]?.['url']);
      const asked = 10;
      for (let count = 0; count < asked; count++) {
        // A connection of its own each, so that both workers get some.
        const headers = { 'content-type': 'application/json', connection: 'close' };
        const answer = await fetch(String(url), { method: 'POST', headers, body: '{"query":"{ hello }"}' });
        expect(await answer.json()).toEqual({ data: { hello: 'world' } });
      }
      for (let count = 0; count < 4; count++) {
        // A busy worker that is asked by the other one may answer too late to be counted.
        await until(async () => {
          const answer = await fetch(String(offered[0]?.['url']), { headers: { connection: 'close' } });
          const text = await answer.text();
          return text.includes(
            `\nrouter_requests_total{transport="http",type="query",operation="",code="OK"} ${asked}\n`,
          );
        });
      }
    } finally {
      router.child.kill('SIGKILL');
      await Promise.all([subgraph.kill(), bundle.remove(), rm(directory, { recursive: true })]);
    }
  }, 90_000);
});
