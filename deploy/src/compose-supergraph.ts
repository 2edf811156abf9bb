/** Composes the subgraphs' SDL into schema/supergraph.graphql: `npm run compose`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { isMain } from './is-main.ts';

const schemaFolder = new URL('../../schema/', import.meta.url);

/** The subgraphs, each with the port at which `npm start` serves it by default; the router takes other URLs from its environment. */
const subgraphs = [
  { name: 'customer', url: 'http://127.0.0.1:4001/graphql' },
  { name: 'delivery', url: 'http://127.0.0.1:4002/graphql' },
  { name: 'accounting', url: 'http://127.0.0.1:4003/graphql' },
] as const;

export const supergraphFile = new URL('supergraph.graphql', schemaFolder);

/**
 * The supergraph of the SDL files as they are now.
 *
 * @param read gives the SDL of a subgraph by name
 * @throws Error that lists why they don't compose
 */
export function composeSupergraph(
  read = (name: string): string => readFileSync(new URL(`${name}.graphql`, schemaFolder), 'utf8'),
): string {
  const services = subgraphs.map(({ name, url }) => ({ name, url, typeDefs: parse(read(name)) }));
  const { supergraphSdl, errors } = composeServices(services);
  if (supergraphSdl === undefined) {
    const reasons = errors.map(({ message }) => `  ${message.replaceAll('\n', '\n  ')}`);
    throw new Error(`The subgraphs do not compose:\n${reasons.join('\n')}`);
  }
  return `${supergraphSdl.trimEnd()}\n`;
}

if (isMain(import.meta.url)) {
  try {
    writeFileSync(supergraphFile, composeSupergraph());
    console.log('schema/supergraph.graphql is written.');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
