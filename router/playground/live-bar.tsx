import { useEffect, useState } from 'react';
import type { Live } from './runs.ts';

const phases: Readonly<Record<Live['phase'], string>> = {
  connecting: 'Connecting',
  connected: 'Connected',
  reconnecting: 'Reconnecting',
  ended: 'Ended',
};

const outcomes: Readonly<Record<NonNullable<Live['resumed']>, string>> = {
  waiting: 'goes on behind its last message; the next one says how',
  exact: 'resumed exactly: nothing left out, nothing repeated',
  snapshot: 'began anew with the present state',
  expired: 'began anew: the token was of no use any more',
};

/** How a subscription's connection is, and the way to see it come back. */
export function LiveBar({ live }: { live: Live }) {
  const { phase, resumed, reason, messages, tokenAt, losses, drop } = live;
  const isLost = phase === 'reconnecting';
  return (
    <section className="live" aria-label="Subscription">
      <p role="status" className={`live-state live-${phase}`}>
        <b>{phases[phase]}</b>
        {losses > 0 && !isLost && resumed !== undefined && (
          <span className={`live-${resumed}`}>
            {' '}
            – {outcomes[resumed]}
            {reason !== undefined && ` (${reason})`}
          </span>
        )}
      </p>
      <p className="live-facts">
        {messages} {messages === 1 ? 'message' : 'messages'}
        {losses > 0 && `, lost ${losses === 1 ? 'once' : `${losses} times`}`}
        {tokenAt !== undefined && (
          <>
            , token <Age of={tokenAt} /> old
          </>
        )}
      </p>
      <button type="button" className="pane-button" disabled={phase !== 'connected'} onClick={drop}>
        Drop the connection
      </button>
    </section>
  );
}

function Age({ of }: { of: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(function tick() {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.round((now - of) / 1_000));
  return <span>{seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`}</span>;
}
