import { LogOut, Moon, Sun, SunMoon } from 'lucide-preact';
import { useLocation } from 'preact-iso';
import { Button } from '../ui/button.tsx';
import { Segments } from '../ui/small.tsx';
import { chooseLanguage, language, type Language } from '../text/language.ts';
import { nameOf } from './name-of.ts';
import { person, signOut } from './session.ts';
import css from './shell.module.css';
import { text } from './text.ts';
import { chooseTheme, theme, THEMES } from './theme.ts';

const themeIcons = { auto: SunMoon, light: Sun, dark: Moon } as const;
const languages: readonly { value: Language; label: string; name: string }[] = [
  { value: 'ko', label: '한국어', name: '한국어' },
  { value: 'en', label: 'EN', name: 'EN, English' },
];

export function Header() {
  const { path } = useLocation();
  const who = person.value;
  const links: readonly (readonly [href: string, label: string])[] =
    who === undefined
      ? []
      : {
          customer: [
            ['/order', text.now.order],
            ['/orders', text.now.myOrders],
          ] as const,
          staff: [['/barista', text.now.barista]] as const,
          accountant: [['/sales', text.now.sales]] as const,
        }[who.role];
  const nextTheme = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length]!;
  const ThemeIcon = themeIcons[theme.value];
  return (
    <header class={css.header}>
      <a class={css.brand} href="/">
        <img src="/icon.svg" alt="" />
        <span>{text.now.brand}</span>
      </a>
      <nav class={css.nav} aria-label={text.now.pages}>
        {links.map(([href, label]) => (
          <a key={href} href={href} aria-current={isHere(path, href) ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <div class={css.tools}>
        {who !== undefined && (
          <span class={css.who}>
            <span class="visually-hidden">{text.now.signedInAs(nameOf(who))}</span>
            <b aria-hidden="true">{nameOf(who)}</b>
            <Button look="quiet" aria-label={text.now.signOut} title={text.now.signOut} onClick={signOut}>
              <LogOut size={18} aria-hidden="true" />
            </Button>
          </span>
        )}
        <Button
          look="quiet"
          aria-label={`${text.now.theme}: ${text.now.themes[theme.value]}`}
          title={`${text.now.theme}: ${text.now.themes[theme.value]}`}
          onClick={() => chooseTheme(nextTheme)}
        >
          <ThemeIcon size={18} aria-hidden="true" />
        </Button>
        <Segments label={text.now.language} options={languages} value={language.value} choose={chooseLanguage} />
      </div>
    </header>
  );
}

/** /order and /order/92, but not /orders. */
function isHere(path: string, href: string): boolean {
  return path === href || path.startsWith(`${href}/`);
}
