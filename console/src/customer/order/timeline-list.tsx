import { Check, X } from 'lucide-preact';
import { HOME_ZONE, timeOfDay } from '../../text/format.ts';
import { cafeSideOf, type WholeOrder } from './order.ts';
import css from './order.module.css';
import { text } from './text.ts';
import { timelineOf, type Step } from './timeline.ts';

/** The order's way as a list: what is behind, where it stands, what is to come. */
export function TimelineList({ order }: { readonly order: WholeOrder }) {
  const { steps: words } = text.now;
  const zone = order.cafe?.timeZone ?? HOME_ZONE;
  return (
    <section class={css.card} aria-labelledby="timeline-heading">
      <h2 id="timeline-heading">{words.heading}</h2>
      <ol class={css.timeline}>
        {timelineOf(order).map((step) => (
          <li key={step.name} class={css[step.state]} aria-current={step.state === 'now' ? 'step' : undefined}>
            <span class={css.dot} aria-hidden="true">
              {step.state === 'done' && <Check size={16} />}
              {step.state === 'ended' && <X size={16} />}
            </span>
            <span>
              <b>{stepWords(step, order, zone)}</b> <span class="visually-hidden">({words.states[step.state]})</span>
            </span>
            {step.at !== undefined && <time dateTime={step.at}>{timeOfDay(step.at, zone)}</time>}
          </li>
        ))}
      </ol>
    </section>
  );
}

function stepWords({ name }: Step, order: WholeOrder, zone: string): string {
  const { steps: words } = text.now;
  const { queueNumber, readyBy, pickupCode } = cafeSideOf(order);
  if (name === 'accepted' && queueNumber !== undefined) return words.acceptedNumber(queueNumber);
  if (name === 'making' && readyBy !== undefined) return words.makingBy(timeOfDay(readyBy, zone));
  if (name === 'ready' && pickupCode !== undefined) return words.readyCode(pickupCode);
  return words[name];
}
