import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { beginLog, lastLinesOf } from './log-files.ts';
import type { Part, Started } from './managed.ts';
import { startNats, type NatsOptions } from './nats.ts';
import { startPostgres, type Postgres, type PostgresOptions } from './postgres.ts';

/** PostgreSQL as a part of the system. `server()` is the running one. */
export function postgresPart(options: Omit<PostgresOptions, 'onLine'>, logDir: string): Part & { server(): Postgres } {
  const { onLine, logs } = jsonLog('postgres', logDir);
  let server: Postgres | undefined;
  return {
    name: 'postgres',
    begin: async () => started((server = await startPostgres({ ...options, onLine }))),
    logs,
    server() {
      if (server === undefined) throw new Error('PostgreSQL was not started');
      return server;
    },
  };
}

/** nats-server as a part of the system. */
export function natsPart(options: Omit<NatsOptions, 'onLine'>, logDir: string): Part {
  const { onLine, logs } = jsonLog('nats', logDir);
  return { name: 'nats', begin: async () => started(await startNats({ ...options, onLine })), logs };
}

/** The starting functions of servers come back when the server is ready, so there is nothing left to wait for. */
function started(server: Pick<Started, 'pid' | 'exited' | 'stop' | 'kill'>): Started {
  return { ...server, ready: async () => undefined };
}

/** Servers that we did not write log in words of their own; here each line becomes the `msg` of a line like ours. */
function jsonLog(name: string, logDir: string): { onLine(line: string): void; logs(count: number): string[] } {
  const file = join(logDir, `${name}.log`);
  beginLog(file);
  return {
    onLine(line) {
      const level = /\b(FATAL|PANIC|ERROR)\b|\[(ERR|FTL)\]/.test(line) ? 'error' : 'info';
      appendFileSync(file, `${JSON.stringify({ level, time: new Date().toISOString(), service: name, msg: line })}\n`);
    },
    logs: (count) => lastLinesOf(file, count),
  };
}
