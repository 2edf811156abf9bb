import { ConfigError } from './config.ts';
import { runProcess, type ProcessWorld, type RunningProcess } from './process.ts';
import { collectLog } from './testing/log-lines.ts';

function world() {
  const listeners = new Map<string, (value: unknown) => void>();
  const complaints: string[] = [];
  let exited: (code: number) => void;
  const exitCode = new Promise<number>((resolve) => {
    exited = resolve;
  });
  const state = { now: 0, complaints, exitCode };
  const fake: ProcessWorld = {
    on: (event, listener) => listeners.set(event, listener),
    exit: (code) => exited(code),
    now: () => state.now,
    complain: (text) => complaints.push(text),
  };
  return {
    ...state,
    fake,
    setNow: (ms: number) => (state.now = ms),
    emit: (event: string, value?: unknown) => listeners.get(event)?.(value),
  };
}

const idle: RunningProcess = { stop: () => Promise.resolve() };
const never = new Promise<never>(() => {});

describe('a process', () => {
  it('says that it started, and after SIGTERM stops in order and exits with 0', async () => {
    const { fake, emit, exitCode } = world();
    const { log, messages } = collectLog();
    const order: string[] = [];
    const stop = async () => void order.push('stopped');
    await runProcess('test', async () => ({ stop }), { world: fake, log });
    emit('SIGTERM');
    expect(await exitCode).toBe(0);
    expect(order).toEqual(['stopped']);
    expect(messages()).toEqual(['started', 'stopping', 'stopped']);
  });

  it('that gets a signal while it starts is stopped after the start', async () => {
    const { fake, emit, exitCode } = world();
    const { log, messages } = collectLog();
    let started: (running: RunningProcess) => void = () => {};
    const run = runProcess('test', () => new Promise((resolve) => (started = resolve)), { world: fake, log });
    await Promise.resolve();
    emit('SIGINT');
    expect(messages()).toEqual(['stopping']);
    started(idle);
    await run;
    expect(await exitCode).toBe(0);
  });

  it('exits with 1 when stopping takes longer than its bound', async () => {
    const { fake, emit, exitCode } = world();
    const { log, messages } = collectLog();
    await runProcess('test', async () => ({ stop: () => never }), { world: fake, log, drainMs: 1 });
    emit('SIGTERM');
    expect(await exitCode).toBe(1);
    expect(messages()).toContain('not stopped in time, giving up');
  });

  it('exits at once on a second signal, but not on the same key press that comes twice', async () => {
    const { fake, emit, exitCode, setNow } = world();
    const { log, messages } = collectLog();
    // The bound only ends its timer here: all signals come before it can pass.
    await runProcess('test', async () => ({ stop: () => never }), { world: fake, log, drainMs: 1 });
    emit('SIGINT');
    emit('SIGTERM');
    expect(messages()).not.toContain('second signal, exiting at once');
    setNow(1000);
    emit('SIGINT');
    expect(await exitCode).toBe(1);
    expect(messages()).toContain('second signal, exiting at once');
  });

  it('exits with 78 and plain words when its settings are wrong', async () => {
    const { fake, exitCode, complaints } = world();
    const { log, lines } = collectLog();
    const start = () => Promise.reject(new ConfigError(['PORT is missing']));
    await runProcess('test', start, { world: fake, log });
    expect(await exitCode).toBe(78);
    expect(complaints).toEqual(['test: The environment is not complete:\n  PORT is missing']);
    expect(lines).toEqual([]);
  });

  it('exits with 1 when it cannot start', async () => {
    const { fake, exitCode } = world();
    const { log, lines } = collectLog();
    await runProcess('test', () => Promise.reject(new Error('no disk')), { world: fake, log });
    expect(await exitCode).toBe(1);
    expect(lines[0]).toMatchObject({ level: 'fatal', msg: 'could not start', error: { message: 'no disk' } });
  });

  it('exits with 1 on a promise whose failure nobody caught, and logs it', async () => {
    const { fake, emit, exitCode } = world();
    const { log, lines } = collectLog();
    await runProcess('test', async () => idle, { world: fake, log });
    emit('unhandledRejection', new Error('lost'));
    expect(await exitCode).toBe(1);
    expect(lines.at(-1)).toMatchObject({ level: 'fatal', error: { message: 'lost' } });
  });
});
