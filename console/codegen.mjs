// Writes src/generated/documents.ts: every operation of src/**/*.graphql, checked against the graph, with the types of its variables
// and of its answer.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { codegen } from '@graphql-codegen/core';
import * as typedDocumentNode from '@graphql-codegen/typed-document-node';
import * as typescriptOperations from '@graphql-codegen/typescript-operations';
import { buildASTSchema, parse, printSchema } from 'graphql';

const sources = new URL('src/', import.meta.url);
const supergraph = parse(readFileSync(new URL('../schema/supergraph.graphql', import.meta.url), 'utf8'));
const files = readdirSync(sources, { recursive: true })
  .map(String)
  .filter((file) => file.endsWith('.graphql'))
  .toSorted();

const text = await codegen({
  filename: 'documents.ts',
  // Printed and read again: without the directives that only the router understands.
  schema: parse(printSchema(buildASTSchema(supergraph, { assumeValidSDL: true }))),
  documents: files.map((file) => ({
    location: file,
    document: parse(readFileSync(new URL(file.replaceAll('\\', '/'), sources), 'utf8')),
  })),
  pluginMap: { typescriptOperations, typedDocumentNode },
  plugins: [{ typescriptOperations: {} }, { typedDocumentNode: {} }],
  config: {
    // Only the directives' scalars are left over.
    defaultScalarType: 'unknown',
    enumsAsTypes: true,
    useTypeImports: true,
    skipTypename: true,
    immutableTypes: true,
    inputMaybeValue: 'T | null | undefined',
    scalars: { ID: 'string', Won: 'number', DateTime: 'string', BusinessDate: 'string' },
  },
});
mkdirSync(new URL('generated/', sources), { recursive: true });
writeFileSync(new URL('generated/documents.ts', sources), text);
