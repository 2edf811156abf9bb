import { HOME_ZONE, timeOfDay } from '../../text/format.ts';
import type { WholeOrder } from './order.ts';
import css from './order.module.css';
import { text } from './text.ts';

/** The SMS as they came, oldest first. */
export function SmsList({ order }: { readonly order: WholeOrder }) {
  const { sms: words } = text.now;
  const zone = order.cafe?.timeZone ?? HOME_ZONE;
  return (
    <section class={css.card} aria-labelledby="sms-heading">
      <h2 id="sms-heading">{words.heading}</h2>
      {order.notifications.length === 0 && <p class={css.soft}>{words.none}</p>}
      <ul class={css.sms}>
        {order.notifications.map(({ id, text: said, status, sentAt }) => (
          <li key={id} class={status === 'SENT' ? undefined : css.unsent}>
            {/* The provider's text, in the language that it was sent in. */}
            <span lang="en">{said}</span>
            <small>
              {status === 'PENDING' && words.pending}
              {status === 'DROPPED' && words.dropped}
              {status === 'SENT' && sentAt !== null && <time dateTime={sentAt}>{timeOfDay(sentAt, zone)}</time>}
            </small>
          </li>
        ))}
      </ul>
    </section>
  );
}
