import { createLogger, type Logger } from '../log.ts';

export type LogLine = Record<string, unknown> & { msg: string; level: string };

/** A logger for tests that keeps its lines. */
export function collectLog(): { log: Logger; lines: LogLine[]; messages(): string[] } {
  const lines: LogLine[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) };
  const log = createLogger({ service: 'test', level: 'debug', destination });
  return { log, lines, messages: () => lines.map((line) => line.msg) };
}
