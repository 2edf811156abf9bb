import { AsyncLocalStorage } from 'node:async_hooks';
import { levels, pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';

export type { Logger };

/** The levels that `LOG_LEVEL` may name, loudest first. */
export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * What a log line says about the work it belongs to: `requestId`, and whatever was added on the way. Of a `traceparent`, which is
 * for what the work causes, lines carry the `traceId`.
 */
export type ContextFields = Record<string, string | number | boolean | undefined>;

const contexts = new AsyncLocalStorage<ContextFields>();

/** Lines are gathered up to so many bytes, or for so long: a write per line costs more than all else about a line. */
const GATHER_BYTES = 4096;
const GATHER_MS = 200;

interface Output extends DestinationStream {
  /** Writes what was gathered; it is written when this returns. */
  flush(): void;
}

/** Gathered lines to standard output. Written synchronously, so that lines keep their order and an exit can't overtake them. */
function createOutput(): Output {
  const output = pino.destination({ dest: 1, sync: true, minLength: GATHER_BYTES, periodicFlush: GATHER_MS });
  // Comes at an ordinary end, at process.exit() and after an error that nobody caught.
  process.on('exit', () => output.flushSync());
  return output;
}

/**
 * Makes the logger of one process: a JSON object per line, level as a word, time as ISO 8601.
 *
 * Lines are written in bundles, 200 ms late at most; a warning, an error or a fatal one is written at once, with those
 * before it. Nothing is lost at an exit, be it by an error that nobody caught. A kill -9 may take the lines of the last
 * 200 ms along.
 */
export function createLogger(options: {
  /** Stands in every line as `service`. */
  service: string;
  /** @default 'info' */
  level?: LogLevel;
  /** Where lines go. @default standard output */
  destination?: DestinationStream;
}): Logger {
  const output: DestinationStream & Partial<Output> = options.destination ?? createOutput();
  return pino(
    {
      level: options.level ?? 'info',
      base: { service: options.service },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: contextOfLine,
      serializers: { error: pino.stdSerializers.errWithCause, err: pino.stdSerializers.errWithCause },
      hooks: {
        logMethod(args, method, level) {
          method.apply(this, args);
          if (level >= levels.values['warn']!) output.flush?.();
        },
      },
    },
    output,
  );
}

/** What the running context adds to a line; pino writes the line's own fields into it, hence the copy. */
function contextOfLine(): object {
  const fields: ContextFields = { ...contexts.getStore() };
  const { traceparent } = fields;
  if (typeof traceparent === 'string') {
    delete fields['traceparent'];
    // version, trace, span and flags, with a dash between each
    fields['traceId'] = traceparent.slice(3, 35);
  }
  return fields;
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
