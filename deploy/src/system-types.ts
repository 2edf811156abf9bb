import type { Exit } from './child.ts';
import type { TokenClaims } from './keys.ts';
import type { ManagedProcess } from './managed.ts';
import type { Ports } from './ports.ts';
import type { ProgramName, ServiceName } from './service-list.ts';

export type ProcessName = ProgramName | 'postgres' | 'nats';

/** What a system tells while it starts and runs. */
export type SystemEvent =
  | { kind: 'begun' | 'done'; step: string; ms: number }
  /** Something that a person should know. */
  | { kind: 'note'; text: string }
  /** A warning or an error in a log. */
  | { kind: 'problem'; process: string; text: string }
  /** A process ended although nobody asked it to. `restartInMs`: it will be started again. */
  | { kind: 'died'; process: string; exit: Exit; lines: string[]; restartInMs?: number };

export interface SystemOptions {
  /** Everything that the system keeps: data, keys, logs. Made when missing. */
  dir: string;
  /** @default 'free': any that are */
  ports?: Ports | 'free';
  /** Services that are not started. Their fields in the graph are null. @default none */
  without?: readonly ServiceName[];
  /** The supergraph that the router serves and follows. @default the one in schema/ */
  supergraph?: string;
  /** Further environment of single programs. */
  env?: Partial<Record<ProgramName, Record<string, string>>>;
  /** A running PostgreSQL, in which databases of its own are made for this system. @default one is started */
  postgres?: { adminUrl: string };
  /** Ready databases, instead of `postgres`. */
  databaseUrls?: Record<ServiceName, string>;
  /** A running nats-server that no other system uses. @default one is started */
  natsUrl?: string;
  /** The data is worth nothing afterwards: servers don't wait for the disk, and `dir` goes in the end. @default false */
  temporary?: boolean;
  /** Programs that die are started again. @default false */
  restart?: boolean;
  /** Ends the start, and what was started so far. */
  signal?: AbortSignal;
  log?: (event: SystemEvent) => void;
}

export interface System {
  urls: Record<'graph' | 'nats' | ProgramName, string>;
  ports: Ports;
  databaseUrls: Record<ServiceName, string>;
  /** @throws for one that was left out, and for a server that was given */
  process(name: ProcessName): ManagedProcess;
  databaseName(service: ServiceName): string;
  /** Replaces a service's database by an empty one with the tables made; the service must not run. */
  emptyDatabase(service: ServiceName): Promise<void>;
  /** A client's token. */
  token(claims: TokenClaims, hours?: number): Promise<string>;
  /** Drains and ends everything: router, subgraphs, simulators, servers. */
  stop(): Promise<void>;
}
