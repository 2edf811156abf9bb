import { parseArgs } from 'node:util';
import { listDeadLetters, retryDeadLetters } from './dead-letters.ts';
import type { SqlClient } from './sql-client.ts';

export const usage = `usage: dead-letters-cli list
       dead-letters-cli retry --id <event id> [--id <event id> …]
       dead-letters-cli retry --all
DATABASE_URL says in which service's database to look.`;

/** The arguments make no command. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Runs a command of the dead letters' tool.
 *
 * @returns what to print: a JSON object per letter, or how many are tried again
 * @throws UsageError
 */
export async function runDeadLettersCommand(args: string[], client: SqlClient): Promise<string> {
  const { command, ids, all } = readArguments(args);
  if (command === 'list') return (await listDeadLetters(client)).map((letter) => JSON.stringify(letter)).join('\n');
  if (command !== 'retry' || all === ids.length > 0) throw new UsageError(usage);
  const count = await retryDeadLetters(client, all ? 'all' : ids);
  return `${count} ${count === 1 ? 'letter is' : 'letters are'} tried again by the running consumer`;
}

function readArguments(args: string[]): { command: string | undefined; ids: string[]; all: boolean } {
  try {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: { id: { type: 'string', multiple: true }, all: { type: 'boolean' } },
    });
    return { command: positionals[0], ids: values.id ?? [], all: values.all === true };
  } catch (error) {
    throw new UsageError(usage, { cause: error });
  }
}
