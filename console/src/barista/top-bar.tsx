import { Bell, BellOff, BellRing, SlidersHorizontal, Wifi, WifiOff } from 'lucide-preact';
import { CafeNamesDocument } from '../generated/documents.ts';
import { connection } from '../graph/connection.ts';
import { useAsk } from '../graph/use-ask.ts';
import { exactTime } from '../text/format.ts';
import { cafeName } from '../text/products.ts';
import { Button } from '../ui/button.tsx';
import { now } from '../ui/clock.ts';
import { Badge } from '../ui/small.tsx';
import { sound, turnSoundOff, turnSoundOn } from './sound.ts';
import { text } from './text.ts';
import css from './top-bar.module.css';
import type { Cafe } from './use-cafe.ts';

interface TopBarProps {
  readonly cafeId: string;
  /** Of whoever is signed in. */
  readonly cafes: readonly string[];
  readonly cafe: Cafe | undefined;
  readonly openMenu: () => void;
}

/** The café, how busy it is, and what is wanted rarely. */
export function TopBar({ cafeId, cafes, cafe, openMenu }: TopBarProps) {
  return (
    <header class={css.bar}>
      <div class={css.cafe}>
        <h1>
          <span class="visually-hidden">{text.now.title}: </span>
          {cafe === undefined ? text.now.title : cafeName(cafe.name)}
        </h1>
        <div class={css.badges}>
          {cafe !== undefined && (
            <Badge kind={cafe.open ? 'good' : 'bad'}>{cafe.open ? text.now.open : text.now.closed}</Badge>
          )}
          <ConnectionBadge />
        </div>
      </div>
      {cafe !== undefined && (
        <dl class={css.figures}>
          <div>
            <dt>{text.now.queue}</dt>
            <dd>{text.now.queueOf(cafe.queueLength)}</dd>
          </div>
          <div>
            <dt>{text.now.wait}</dt>
            <dd>{text.now.waitOf(cafe.waitMinutes)}</dd>
          </div>
          <div>
            <dt>{text.now.clock}</dt>
            <dd>
              <Clock timeZone={cafe.timeZone} />
            </dd>
          </div>
        </dl>
      )}
      <div class={css.tools}>
        <SoundButton />
        <Button big onClick={openMenu} disabled={cafe === undefined}>
          <SlidersHorizontal size={22} aria-hidden="true" />
          {text.now.menu}
        </Button>
      </div>
      {cafes.length > 1 && <CafeSwitch cafeId={cafeId} cafes={cafes} />}
    </header>
  );
}

function Clock({ timeZone }: { readonly timeZone: string }) {
  return <time dateTime={new Date(now.value).toISOString()}>{exactTime(new Date(now.value), timeZone)}</time>;
}

function ConnectionBadge() {
  const { state } = connection.value;
  if (state === 'live') {
    return (
      <Badge kind="good">
        <Wifi size={16} aria-hidden="true" />
        {text.now.live}
      </Badge>
    );
  }
  return (
    <Badge kind="warn">
      <WifiOff size={16} aria-hidden="true" />
      {state === 'lost' ? text.now.lost : text.now.connecting}
    </Badge>
  );
}

function SoundButton() {
  const state = sound.value;
  const Icon = { on: BellRing, off: BellOff, asleep: Bell }[state];
  return (
    <Button
      big
      class={state === 'asleep' ? css.asleep : undefined}
      onClick={() => (state === 'on' ? turnSoundOff() : void turnSoundOn())}
    >
      <Icon size={22} aria-hidden="true" />
      {text.now.sound[state]}
    </Button>
  );
}

function CafeSwitch({ cafeId, cafes }: { readonly cafeId: string; readonly cafes: readonly string[] }) {
  const { data } = useAsk(CafeNamesDocument, {});
  const names = new Map(data?.cafes.edges.map(({ node }) => [node.id, cafeName(node.name)]));
  return (
    <nav class={css.switch} aria-label={text.now.cafes}>
      {cafes.map((id) => (
        <a key={id} href={`/barista/${id}`} aria-current={id === cafeId ? 'page' : undefined}>
          {names.get(id) ?? `${text.now.cafes} ${id}`}
        </a>
      ))}
    </nav>
  );
}
