import { MessageSquareText } from 'lucide-preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { count, dayAndTime } from '../text/format.ts';
import { Field } from '../ui/field.tsx';
import { phonesOf, SMS_MODES, type Phone, type Sms, type SmsKnobs } from './books.ts';
import { Card, Latency, Modes } from './card.tsx';
import css from './page.module.css';
import { text } from './text.ts';
import type { Simulator } from './use-simulator.ts';

export interface Inbox {
  readonly messages: readonly Sms[];
}

interface SmsCardProps {
  readonly simulator: Simulator<SmsKnobs, Inbox>;
  readonly turn: (change: Partial<SmsKnobs>) => void;
}

export function SmsCard({ simulator: { reach, knobs, book }, turn }: SmsCardProps) {
  const { sms: words, smsMode, smsModeSays } = text.now;
  const look = knobs === undefined || knobs.mode === 'ok' ? (knobs?.latencyMs ? 'slow' : 'works') : 'trouble';
  return (
    <Card
      title={words.title}
      icon={MessageSquareText}
      reach={reach}
      present={knobs && smsModeSays[knobs.mode]}
      look={look}
    >
      {knobs && (
        <>
          <Modes
            label={words.sending}
            modes={SMS_MODES}
            names={smsMode}
            says={smsModeSays}
            value={knobs.mode}
            choose={(mode) => turn({ mode })}
          />
          <Latency value={knobs.latencyMs} choose={(latencyMs) => turn({ latencyMs })} />
        </>
      )}
      {book && <Phones phones={phonesOf(book.messages)} />}
    </Card>
  );
}

function Phones({ phones }: { readonly phones: readonly Phone[] }) {
  const { sms: words } = text.now;
  const [chosen, choose] = useState<string>();
  // Until somebody chooses, the phone that rang last.
  const phone = phones.find(({ to }) => to === chosen) ?? phones[0];
  return (
    <div class={css.stack}>
      <h3>{words.inbox}</h3>
      {phone === undefined ? (
        <p class={css.soft}>{words.nothing}</p>
      ) : (
        <>
          <Field label={words.number}>
            {(attributes) => (
              <select {...attributes} value={phone.to} onChange={(event) => choose(event.currentTarget.value)}>
                {phones.map(({ to, messages }) => (
                  <option key={to} value={to}>
                    {words.choice(to, count(messages.length))}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Screen key={phone.to} phone={phone} />
        </>
      )}
    </div>
  );
}

/** The phone, with its newest text in sight. */
function Screen({ phone: { to, messages } }: { readonly phone: Phone }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (element.current) element.current.scrollTop = element.current.scrollHeight;
  }, [messages.length]);
  return (
    <div class={css.phone}>
      <p class={css.caller}>{to}</p>
      <div
        ref={element}
        class={css.texts}
        role="log"
        aria-label={text.now.sms.screen(to)}
        // What is in it can be longer than the phone: so that it can be scrolled by keyboard.
        tabIndex={0}
      >
        {messages.map((message) => (
          <div key={message.id} class={css.bubble}>
            <p>{message.text}</p>
            <time dateTime={message.at}>{dayAndTime(message.at)}</time>
          </div>
        ))}
      </div>
    </div>
  );
}
