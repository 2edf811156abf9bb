// @ts-nocheck: its packages are not among ours
/**
 * Mercurius with its gateway, which composes the subgraphs itself and plans as federation 1 did.
 *
 * Arguments: the file of the subgraphs (JSON: name, url, SDL of each), the port.
 */
import { readFileSync } from 'node:fs';
import mercuriusGateway from '@mercuriusjs/gateway';
import Fastify from 'fastify';

const [file = '', port = ''] = process.argv.slice(2);

/** @type {{ name: string, url: string, sdl: string }[]} */
const subgraphs = JSON.parse(readFileSync(file, 'utf8'));

/** @param {string} sdl of federation 2 @returns what federation 1 reads: the directives are known, not imported */
const withoutLinks = (sdl) => sdl.replace(/^extend schema @link.*$/m, '');

const app = Fastify();
await app.register(mercuriusGateway, {
  jit: 1,
  gateway: {
    services: subgraphs.map(({ name, url, sdl }) => ({
      name,
      url,
      schema: withoutLinks(sdl),
      rewriteHeaders: (/** @type {Record<string, string>} */ headers) => ({ 'x-request-id': headers['x-request-id'] }),
    })),
  },
});
await app.listen({ host: '127.0.0.1', port: Number(port) });
