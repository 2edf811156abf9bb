import { CircuitState, circuitBreaker, handleAll, SamplingBreaker } from 'cockatiel';

/** How a call may go: as usual, alone to see whether the subgraph is back, or not at all. */
export type Admission = 'usual' | 'probe' | 'refused';

export interface Breaker {
  /** An admitted call ends with `succeeded` or `failed`. */
  admit(): Admission;
  succeeded(admission: Admission): void;
  failed(admission: Admission): void;
}

export interface BreakerSettings {
  /** Opens when more of the calls within `windowMs` failed. */
  readonly failurePercent: number;
  /** And when there were at least so many. */
  readonly minimumCalls: number;
  readonly windowMs: number;
  /** How long it stays open; then one call is let through, whose answer closes it and whose failure keeps it open. */
  readonly probeAfterMs: number;
}

/**
 * A circuit breaker: cockatiel's, but calls don't run inside of it. Its `execute` costs several promises, so it hears of
 * failures and of probes alone; a success is told to its statistics.
 */
export function createBreaker(
  { failurePercent, minimumCalls, windowMs, probeAfterMs }: BreakerSettings,
  changed: (state: 'opened' | 'closed') => void,
): Breaker {
  const statistics = new SamplingBreaker({
    threshold: failurePercent / 100,
    duration: windowMs,
    minimumRps: (minimumCalls / windowMs) * 1_000,
  });
  const policy = circuitBreaker(handleAll, { halfOpenAfter: probeAfterMs, breaker: statistics });
  let probeAt = 0;
  let toldOpen = false;
  let endProbe: ((failed: boolean) => void) | undefined;

  policy.onBreak(() => {
    probeAt = Date.now() + probeAfterMs;
    // A failed probe opens it again: that is not news.
    if (!toldOpen) changed('opened');
    toldOpen = true;
  });
  policy.onReset(() => {
    toldOpen = false;
    changed('closed');
  });

  function probe(): Admission {
    let began = false;
    const probing = policy.execute(
      () =>
        new Promise<void>((resolve, reject) => {
          began = true;
          endProbe = (failed) => {
            endProbe = undefined;
            if (failed) reject(new Error('The probe failed.'));
            else resolve();
          };
        }),
    );
    probing.catch(nothing);
    return began ? 'probe' : 'refused';
  }

  return {
    admit() {
      if (policy.state === CircuitState.Closed) return 'usual';
      // cockatiel lets further calls wait for the probe; a caller that waits for a dead system is what a breaker prevents.
      return policy.state === CircuitState.Open && Date.now() >= probeAt ? probe() : 'refused';
    },
    succeeded(admission) {
      if (admission === 'probe') endProbe?.(false);
      // A call from before it opened proves nothing.
      else if (policy.state === CircuitState.Closed) statistics.success(CircuitState.Closed);
    },
    failed(admission) {
      if (admission === 'probe') endProbe?.(true);
      else if (policy.state === CircuitState.Closed) policy.execute(fail).catch(nothing);
    },
  };
}

function fail(): Promise<never> {
  return Promise.reject(new Error('A call failed.'));
}

function nothing(): void {}
