import { AsyncLocalStorage } from 'node:async_hooks';
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';

export type { Logger };

/** The levels that `LOG_LEVEL` may name, loudest first. */
export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What a log line says about the work it belongs to: `requestId`, and whatever was added on the way. */
export type ContextFields = Record<string, string | number | boolean | undefined>;

const contexts = new AsyncLocalStorage<ContextFields>();

/**
 * Makes the logger of one process: a JSON object per line, level as a word, time as ISO 8601.
 *
 * Lines are written synchronously, so that the last one before an exit is never lost.
 */
export function createLogger(options: {
  /** Stands in every line as `service`. */
  service: string;
  /** @default 'info' */
  level?: LogLevel;
  /** Where lines go. @default standard output */
  destination?: DestinationStream;
}): Logger {
  return pino(
    {
      level: options.level ?? 'info',
      base: { service: options.service },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // pino writes the line's own fields into the object that it is given here, hence the copy.
      mixin: () => ({ ...contexts.getStore() }),
      serializers: { error: pino.stdSerializers.errWithCause, err: pino.stdSerializers.errWithCause },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
}

/** Runs `work` so that every line logged inside it, across its awaits, carries `fields` and those of the context around it. */
export function inContext<T>(fields: ContextFields, work: () => T): T {
  return contexts.run({ ...contexts.getStore(), ...fields }, work);
}

/** Adds fields to the lines of the running context from here on, callers' lines included. Outside of a context it does nothing. */
export function addContext(fields: ContextFields): void {
  const store = contexts.getStore();
  if (store !== undefined) Object.assign(store, fields);
}

/** The fields of the running context; empty outside of one. */
export function currentContext(): Readonly<ContextFields> {
  return contexts.getStore() ?? {};
}
