import pg from 'pg';
import { z } from 'zod';
import { ConfigError, readConfig } from './config.ts';
import { runDeadLettersCommand, usage, UsageError } from './dead-letters-command.ts';
import { pgSqlClient } from './sql-client.ts';

const Config = z.object({
  DATABASE_URL: z.string().describe("the service's database, e.g. postgresql://user:secret@127.0.0.1:5432/name"),
});

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  const client = new pg.Client({ connectionString: readConfig(Config, process.env).DATABASE_URL });
  await client.connect();
  try {
    const text = await runDeadLettersCommand(process.argv.slice(2), pgSqlClient(client));
    if (text !== '') process.stdout.write(`${text}\n`);
  } finally {
    await client.end();
  }
}

await main().catch((error: unknown) => {
  if (!(error instanceof Error)) throw error;
  process.stderr.write(`${error.message}\n`);
  // EX_USAGE and EX_CONFIG of sysexits.h
  process.exitCode = error instanceof UsageError ? 64 : error instanceof ConfigError ? 78 : 1;
});
