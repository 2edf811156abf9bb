import type { ComponentChildren, JSX } from 'preact';
import css from './ui.module.css';

export interface ButtonProps extends Omit<JSX.ButtonHTMLAttributes, 'class' | 'size'> {
  readonly look?: 'plain' | 'primary' | 'danger' | 'quiet';
  /** For a wet finger at arm's length: 56 px. */
  readonly big?: boolean;
  readonly class?: string | undefined;
  readonly children: ComponentChildren;
}

export function Button({ look = 'plain', big = false, class: more, children, ...rest }: ButtonProps) {
  const names = [css.button, look === 'plain' ? '' : css[look], big ? css.big : '', more];
  return (
    <button type="button" class={names.filter(Boolean).join(' ')} {...rest}>
      {children}
    </button>
  );
}

interface LinkProps extends Pick<ButtonProps, 'look' | 'big' | 'class' | 'children'> {
  readonly href: string;
}

/** Goes somewhere, and looks like a button. */
export function LinkButton({ look = 'plain', big = false, class: more, children, href }: LinkProps) {
  const names = [css.button, look === 'plain' ? '' : css[look], big ? css.big : '', more];
  return (
    <a href={href} class={names.filter(Boolean).join(' ')}>
      {children}
    </a>
  );
}
