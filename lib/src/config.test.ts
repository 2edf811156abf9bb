import { z } from 'zod';
import { ConfigError, databaseUrl, logLevel, port, readConfig, secret, wholeNumber } from './config.ts';

const schema = z.object({
  PORT: port(),
  DATABASE_URL: databaseUrl(),
  KEY: secret(),
  LOG_LEVEL: logLevel().default('info'),
  TIMEOUT_MS: wholeNumber('how long to wait, in ms', 2000).default(2000),
});

const good = { PORT: '4001', DATABASE_URL: 'postgresql://u:p@127.0.0.1:5432/d', KEY: 'k'.repeat(32) };

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the settings from the environment', () => {
  it('are read with their types and defaults, and nothing else of the environment comes along', () => {
    expect(readConfig(schema, { ...good, HOME: '/root' })).toEqual({
      ...good,
      PORT: 4001,
      LOG_LEVEL: 'info',
      TIMEOUT_MS: 2000,
    });
  });

  it('that are missing are all named at once, each with an example', () => {
    expect(problemsOf({})).toEqual([
      'PORT is missing; it should be a TCP port, e.g. 4001',
      'DATABASE_URL is missing; it should be an address, e.g. postgresql://user:password@127.0.0.1:5432/name',
      'KEY is missing; it should be a secret of at least 32 characters, e.g. what `openssl rand -hex 32` prints',
    ]);
  });

  it('that are wrong are named with what is wrong and what they should be', () => {
    const problems = problemsOf({ ...good, PORT: 'http', LOG_LEVEL: 'loud', TIMEOUT_MS: '0.5' });
    expect(problems).toHaveLength(3);
    expect(problems[0]).toMatch(/^PORT is not valid \(.+\); it should be a TCP port, e\.g\. 4001$/);
    expect(problems[1]).toMatch(/^LOG_LEVEL is not valid .+ one of fatal, error/);
    expect(problems[2]).toMatch(/^TIMEOUT_MS is not valid .+ how long to wait, in ms/);
  });

  it('that are wrong are not repeated, because they may be secrets', () => {
    expect(problemsOf({ ...good, KEY: 'hunter2', DATABASE_URL: 'mysql://u:hunter2@h/d' }).join()).not.toContain(
      'hunter2',
    );
  });

  it('that are empty count as missing', () => {
    expect(problemsOf({ ...good, PORT: '' })).toEqual(['PORT is missing; it should be a TCP port, e.g. 4001']);
    expect(readConfig(schema, { ...good, LOG_LEVEL: '' }).LOG_LEVEL).toBe('info');
  });
});
