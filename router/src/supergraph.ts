import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph, type Schema } from '@apollo/federation-internals';
import type { GraphQLSchema } from 'graphql';
import { StartRefused } from './refusal.ts';
import { environmentName, type AddressOf } from './subgraphs/subgraph-address.ts';

export interface Subgraph {
  readonly name: string;
  readonly url: string;
}

/** A supergraph in the forms that its users want. */
export interface LoadedSupergraph {
  readonly sdl: string;
  /** For the planner. */
  readonly supergraph: Supergraph;
  /** What clients see, in federation's form and in graphql-js' form. */
  readonly apiSchema: Schema;
  readonly schema: GraphQLSchema;
  /** The whole of it, `@inaccessible` parts included. */
  readonly fullSchema: GraphQLSchema;
  readonly subgraphs: readonly Subgraph[];
}

/** What a supergraph may ask of a router, by the specification's address. Anything else that it can't do without is refused. */
const supportedFeatures = new Set(
  [...ROUTER_SUPPORTED_SUPERGRAPH_FEATURES].filter((feature) => !feature.includes('/connect/')),
);

/**
 * Builds a supergraph from its SDL.
 *
 * @throws Error when it is no supergraph, or a subgraph has no usable address
 */
export function loadSupergraph(sdl: string, addressOf?: AddressOf): LoadedSupergraph {
  const building = stepsOf(sdl, addressOf);
  for (;;) {
    const step = building.next();
    if (step.done === true) return step.value;
  }
}

/** The same, for a router that serves meanwhile: each step takes a while, and requests come through in between. */
async function loadInSteps(sdl: string, addressOf: AddressOf | undefined): Promise<LoadedSupergraph> {
  const building = stepsOf(sdl, addressOf);
  for (;;) {
    const step = building.next();
    if (step.done === true) return step.value;
    await setImmediate();
  }
}

function* stepsOf(sdl: string, addressOf: AddressOf = () => undefined): Generator<undefined, LoadedSupergraph> {
  const supergraph = Supergraph.build(sdl, { validateSupergraph: true, supportedFeatures });
  yield;
  const apiSchema = supergraph.apiSchema();
  yield;
  const subgraphs = supergraph.subgraphsMetadata().map(({ name, url }) => {
    const address = addressOf(name) ?? url;
    if (!URL.canParse(address) || !/^https?:/.test(address)) {
      throw new Error(`The subgraph "${name}" has no http address; set SUBGRAPH_URL_${environmentName(name)}.`);
    }
    return { name, url: address };
  });
  const schema = apiSchema.toGraphQLJSSchema();
  yield;
  return { sdl, supergraph, apiSchema, schema, fullSchema: supergraph.schema.toGraphQLJSSchema(), subgraphs };
}

/** A supergraph that stands in a file. Both functions throw a StartRefused with the reason as one sentence. */
export interface SupergraphFile {
  /** What the file holds. */
  read(): Promise<string>;
  /** Lets other work through while it builds. */
  load(sdl: string): Promise<LoadedSupergraph>;
}

export function supergraphFile(path: string, addressOf?: AddressOf): SupergraphFile {
  return {
    async read() {
      try {
        return await readFile(path, 'utf8');
      } catch (error) {
        const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
        throw new StartRefused(`The supergraph file ${path} ${missing ? 'does not exist' : 'cannot be read'}.`);
      }
    },
    async load(sdl) {
      try {
        return await loadInSteps(sdl, addressOf);
      } catch (error) {
        const reason = (error as Error).message.split('\n', 1)[0]?.replace(/\.$/, '');
        throw new StartRefused(`${path} is not a supergraph that can be served: ${reason}.`);
      }
    },
  };
}
