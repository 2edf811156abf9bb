// Writes what a subgraph's sources import but nobody types by hand:
//   src/generated/resolvers.ts   resolver types, from schema/<service>.graphql
//   src/generated/prisma/        the database client, from prisma/<service>/schema.prisma
// Usage: node deploy/codegen.mjs <service>. A service's mappers and context type stand in its codegen.json.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { codegen } from '@graphql-codegen/core';
import * as typescript from '@graphql-codegen/typescript';
import * as typescriptResolvers from '@graphql-codegen/typescript-resolvers';
import { parse } from 'graphql';

const root = new URL('../', import.meta.url);

/** What a subgraph may set: `{ "mappers": { "Order": "../application/read.ts#OrderRow" }, "contextType": "../adapters/graphql.ts#Context" }`. */
/** @typedef {{ mappers?: Record<string, string>, contextType?: string }} ServiceOptions */

/** @param {string} service @returns {ServiceOptions} */
function serviceOptions(service) {
  const file = new URL(`subgraphs/${service}/codegen.json`, root);
  if (!existsSync(file)) return {};
  const { mappers, contextType, ...unknown } = JSON.parse(readFileSync(file, 'utf8'));
  const [extra] = Object.keys(unknown);
  if (extra)
    throw new Error(`subgraphs/${service}/codegen.json: unknown option "${extra}"; it takes mappers and contextType`);
  return { ...(mappers && { mappers }), ...(contextType && { contextType }) };
}

/** Resolver types of one subgraph, as TypeScript text. @param {string} service */
async function resolverTypes(service) {
  return codegen({
    filename: 'resolvers.ts',
    schema: parse(readFileSync(new URL(`schema/${service}.graphql`, root), 'utf8')),
    documents: [],
    pluginMap: { typescript, typescriptResolvers },
    plugins: [{ typescript: {} }, { typescriptResolvers: {} }],
    config: {
      federation: true,
      strictScalars: true,
      enumsAsTypes: true,
      useTypeImports: true,
      // Mappers are named with their file's own `.ts` ending, as every relative import here is.
      importExtension: '',
      // A field that has its own resolver may be absent from the parent, hence undefined beside null.
      maybeValue: 'T | null | undefined',
      inputMaybeValue: 'T | null | undefined',
      scalars: {
        ID: 'string',
        Won: 'number',
        DateTime: { input: 'Date', output: 'Date | string' },
        BusinessDate: 'string',
        _FieldSet: 'string',
        FieldSet: 'string',
      },
      ...serviceOptions(service),
    },
  });
}

/** Runs Prisma's generator without network: the engine that it would fetch is for migrations, which lib applies. @param {string} service */
function generateClient(service) {
  const prisma = createRequire(import.meta.url).resolve('prisma/build/index.js');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [prisma, 'generate', '--no-hints', '--config', `prisma/${service}/prisma.config.ts`],
    {
      cwd: fileURLToPath(root),
      encoding: 'utf8',
      env: {
        ...process.env,
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        CHECKPOINT_DISABLE: '1',
        DO_NOT_TRACK: '1',
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
        // It notes there when it was first run; that note is not to lie in anybody's home.
        XDG_CONFIG_HOME: fileURLToPath(new URL('node_modules/.cache/prisma', root)),
      },
    },
  );
  if (status !== 0) throw new Error(`prisma generate failed for ${service}:\n${stdout}${stderr}`);
}

const service = process.argv[2];
if (!service || !existsSync(new URL(`schema/${service}.graphql`, root))) {
  console.error('Usage: node deploy/codegen.mjs customer|delivery|accounting');
  process.exit(64);
}
const generated = new URL(`subgraphs/${service}/src/generated/`, root);
const types = await resolverTypes(service);
rmSync(new URL('prisma', generated), { recursive: true, force: true });
mkdirSync(generated, { recursive: true });
writeFileSync(new URL('resolvers.ts', generated), types);
generateClient(service);
