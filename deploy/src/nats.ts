import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startChild, type Child } from './child.ts';
import { freePort } from './free-port.ts';
import { keeper } from './keeper.ts';
import { natsBinary, syncsAlways, type NatsLookup } from './nats-binary.ts';

export interface NatsOptions extends NatsLookup {
  /** The folder for the streams and the configuration; made when missing. */
  storeDir: string;
  /** @default a free one */
  port?: number;
  /** Where the server tells about itself over HTTP. @default a free one */
  monitoringPort?: number;
  /** The streams are worth nothing afterwards: no fsync, and the folder goes when the server stops. @default false */
  temporary?: boolean;
  /** Gets the server's log, line by line. */
  onLine?: (line: string) => void;
}

export interface Nats {
  url: string;
  port: number;
  monitoringUrl: string;
  pid: number;
  version: string;
  /** Settles when the server has ended, for whatever reason. */
  exited: Child['exited'];
  /** Closes connections, writes everything, ends. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** Starts a nats-server with JetStream on 127.0.0.1 and waits until it is ready. The error says why it could not. */
export async function startNats(options: NatsOptions): Promise<Nats> {
  const storeDir = resolve(options.storeDir);
  const { temporary = false } = options;
  const binary = await natsBinary(options);
  if (temporary) keeper().sweep(storeDir);
  await mkdir(storeDir, { recursive: true });
  const config = join(storeDir, 'nats.conf');

  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const monitoringPort = options.monitoringPort ?? (await freePort());
    const always = syncsAlways(binary) && !temporary;
    await writeFile(config, configuration({ port, monitoringPort, storeDir, always }));
    let ready: (() => void) | undefined;
    const answered = new Promise<'ready'>((resolve) => (ready = () => resolve('ready')));
    const child = await startChild({
      command: binary.path,
      args: ['--config', config],
      cwd: storeDir,
      env: {},
      last: true,
      onLine: (line) => {
        options.onLine?.(line);
        if (line.includes('Server is ready')) ready?.();
      },
    });
    if ((await Promise.race([answered, child.exited])) === 'ready') {
      return {
        url: `nats://127.0.0.1:${port}`,
        port,
        monitoringUrl: `http://127.0.0.1:${monitoringPort}`,
        pid: child.pid,
        version: binary.version.join('.'),
        exited: child.exited,
        stop: async () => {
          await child.stop();
          if (!temporary) return;
          await rm(storeDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
          keeper().unsweep(storeDir);
        },
        kill: async () => {
          await child.kill();
        },
      };
    }
    const why = child.lastLines().join('\n');
    const taken = /address already in use/.test(why);
    if (!taken || options.port !== undefined || attempt === 5) {
      const hint = /no space left/i.test(why)
        ? ', because the disk is full'
        : taken
          ? ', because its port is taken'
          : '';
      throw new Error(`nats-server ended at once${hint}:\n${why}`);
    }
  }
}

interface Configuration {
  port: number;
  monitoringPort: number;
  storeDir: string;
  always: boolean;
}

function configuration({ port, monitoringPort, storeDir, always }: Configuration): string {
  return [
    '# Written at every start.',
    `listen: "127.0.0.1:${port}"`,
    `http: "127.0.0.1:${monitoringPort}"`,
    'jetstream {',
    `  store_dir: ${JSON.stringify(storeDir)}`,
    '  max_memory_store: 256MB',
    '  max_file_store: 16GB',
    // An acknowledged message is then on the disk, and survives the power going out.
    ...(always ? ['  sync_interval: always'] : []),
    '}',
    '',
  ].join('\n');
}
