import { effect } from '@preact/signals';
import { createResumingClient, type ResumingClient } from '@cafe-for-me/router/client/resuming-websocket';
import { createClient } from 'graphql-ws';
import { renewedToken } from '../shell/renewal.ts';
import { person } from '../shell/session.ts';
import { connection } from './connection.ts';

/** A second of quiet after the last watcher has gone, since a page that follows another opens its own. ms */
const LINGER = 1_000;

/** One socket per person, since a token holds for a whole socket. */
let current: { readonly subject: string; readonly live: ResumingClient } | undefined;

function open(subject: string): ResumingClient {
  const isCurrent = (): boolean => current?.live === live;
  const live: ResumingClient = createResumingClient(createClient, {
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
    lazyCloseTimeout: LINGER,
    async connectionParams(refused) {
      const token = refused ? await renewedToken(subject) : tokenOf(subject);
      return token === undefined ? {} : { authorization: `Bearer ${token}` };
    },
    on: {
      connecting() {
        if (isCurrent() && connection.value.state === 'idle') connection.value = { state: 'connecting' };
      },
      connected() {
        if (isCurrent()) connection.value = { state: 'live' };
      },
      closed(event) {
        if (!isCurrent()) return;
        const clean = (event as CloseEvent).code === 1000;
        if (clean) connection.value = { state: 'idle' };
        else if (connection.value.state !== 'lost') connection.value = { state: 'lost', since: Date.now() };
      },
    },
    // A person looks at it: sooner than a service would.
    retryWait: (tries) =>
      new Promise((resolve) => {
        const wait = setTimeout(goOn, Math.min(8_000, 250 * 2 ** tries) * (0.5 + Math.random() / 2));
        addEventListener('online', goOn, { once: true });
        function goOn(): void {
          clearTimeout(wait);
          removeEventListener('online', goOn);
          resolve();
        }
      }),
  });
  return live;
}

function tokenOf(subject: string): string | undefined {
  const who = person.value;
  return who?.subject === subject ? who.token : undefined;
}

/** The live connection of whoever is signed in. */
export function liveClient(): ResumingClient {
  const subject = person.value?.subject ?? '';
  current ??= { subject, live: open(subject) };
  return current.live;
}

// Nobody is followed under another's name.
effect(function leaveWithThePerson() {
  const subject = person.value?.subject ?? '';
  if (current === undefined || current.subject === subject) return;
  void current.live.client.dispose();
  current = undefined;
  connection.value = { state: 'idle' };
});
