import { Supergraph } from '@apollo/federation-internals';
import { findBreakingChanges, type GraphQLSchema } from 'graphql';

/**
 * What clients of the old graph could trip over in the new one, a sentence each.
 *
 * Compared is what clients see: the API schema, without federation's machinery.
 */
export function breakingChanges(oldSupergraph: string, newSupergraph: string): string[] {
  return findBreakingChanges(apiSchema(oldSupergraph), apiSchema(newSupergraph)).map(({ description }) => description);
}

function apiSchema(supergraphSdl: string): GraphQLSchema {
  return Supergraph.build(supergraphSdl, { validateSupergraph: false }).apiSchema().toGraphQLJSSchema();
}
