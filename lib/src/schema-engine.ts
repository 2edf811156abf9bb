import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, DriverAdapterError } from '@prisma/driver-adapter-utils';
import type {
  Error as DriverError,
  SqlDriverAdapter,
  SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import type { SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

/** Node has it; the type libraries used here leave it to those of browsers. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

let loading: Promise<void> | undefined;

/**
 * Prisma's migration engine over a database, for as long as `work` runs. The package imports its .wasm as a module, which
 * Node 20 does not do, so it is instantiated by hand here.
 *
 * @throws pg.DatabaseError what the database said of a migration; the engine would wrap it in its own stack
 */
export async function withSchemaEngine<T>(databaseUrl: string, work: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  loading ??= instantiate();
  await loading;
  const pool = new pg.Pool({ connectionString: databaseUrl, application_name: 'migrate' });
  pool.on('error', () => undefined);
  let said: pg.DatabaseError | undefined;
  const adapter = bindMigrationAwareSqlAdapterFactory(wholeScripts(pool, (error) => (said = error)));
  const ignoreEngineLog = (): void => undefined;
  try {
    const engine = await bindings.SchemaEngine.new({ datamodels: undefined }, ignoreEngineLog, adapter);
    try {
      return await work(engine);
    } catch (error) {
      throw said ?? error;
    } finally {
      engine.free();
    }
  } finally {
    await pool.end();
  }
}

/**
 * Prisma's adapter, but a migration goes to the server as one text. The adapter's own `executeScript` cuts it at every
 * semicolon, those in comments and function bodies too. As one text it is also one transaction: all of it or nothing.
 */
function wholeScripts(
  pool: pg.Pool,
  onError: (error: pg.DatabaseError) => void,
): SqlMigrationAwareDriverAdapterFactory {
  const factory = new PrismaPg(pool);
  const connect = async (): Promise<SqlDriverAdapter> => {
    const adapter = await factory.connect();
    adapter.executeScript = async function executeScript(script) {
      await pool.query(script).catch((error: unknown) => {
        if (!(error instanceof pg.DatabaseError)) throw error;
        onError(error);
        throw new DriverAdapterError(describe(error));
      });
    };
    return adapter;
  };
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect,
    connectToShadowDb: () => factory.connectToShadowDb(),
  };
}

function describe({ code = 'N/A', severity = 'N/A', message, detail, column, hint }: pg.DatabaseError): DriverError {
  return { kind: 'postgres', code, severity, message, detail, column, hint };
}

async function instantiate(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const file = await readFile(join(dirname(entry), 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(file, { './schema_engine_bg.js': importsOf(bindings) });
  bindings.__wbg_set_wasm(instance.exports);
  const start = instance.exports['__wbindgen_start'];
  if (typeof start === 'function') start();
}

/** The engine leaves a timer of 10 s behind, which must not keep the process alive. */
function importsOf(exports: Record<string, unknown>): Record<string, unknown> {
  const setIdleTimeout = (work: () => void, ms: number): NodeJS.Timeout => setTimeout(work, ms).unref();
  return Object.fromEntries(
    Object.entries(exports).map(([name, value]) => [
      name,
      name.startsWith('__wbg_setTimeout') ? setIdleTimeout : value,
    ]),
  );
}
