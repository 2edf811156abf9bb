import { useSyncExternalStore } from 'react';
import type { Explained } from '../src/execution/explained.ts';

/** Of a subscription: how its connection is, and how it went on. */
export interface Live {
  readonly phase: 'connecting' | 'connected' | 'reconnecting' | 'ended';
  readonly messages: number;
  /** When the present token came, ms since 1970. */
  readonly tokenAt?: number;
  /** How it went on after the connection was lost last; `waiting`: that is told with the next message. */
  readonly resumed?: 'waiting' | 'exact' | 'snapshot' | 'expired';
  readonly reason?: string | undefined;
  /** How often the connection was lost. */
  readonly losses: number;
  /** Cuts the connection. */
  drop(): void;
}

/** The latest run of a tab. */
export interface Run {
  readonly explained?: Explained | undefined;
  /** There is an answer, with or without an explanation. */
  readonly answered: boolean;
  readonly live?: Live;
}

/** Answers that placeholders look into. */
const answersKept = 200;

const runs = new Map<string, Run>();
const listeners = new Set<() => void>();
let answers: readonly unknown[] = [];
let tab = '';

/** Which tab is run next. */
export function enterTab(id: string): void {
  tab = id;
}

/** @returns the tab that runs now, to say its run's news with */
export function beginRun(run: Run): string {
  runs.set(tab, run);
  tell();
  return tab;
}

export function updateRun(id: string, change: (run: Run) => Run): void {
  const run = runs.get(id);
  if (run === undefined) return;
  runs.set(id, change(run));
  tell();
}

export function useRun(id: string): Run | undefined {
  return useSyncExternalStore(listen, () => runs.get(id));
}

/** What operations of all tabs were answered, the newest first. */
export function latestAnswers(): readonly unknown[] {
  return answers;
}

export function keepAnswer(data: unknown): void {
  if (typeof data === 'object' && data !== null) answers = [data, ...answers].slice(0, answersKept);
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(): void {
  for (const listener of listeners) listener();
}
