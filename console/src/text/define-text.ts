import { language, type Language } from './language.ts';

/** What one page says: by key a sentence, a function that makes one, or a group of such. */
export type Texts = { readonly [key: string]: string | ((...values: never[]) => string) | Texts };

/** The same keys with the same parameters, in other words. */
type InOtherWords<Given> = {
  readonly [Key in keyof Given]: Given[Key] extends (...values: infer Values) => string
    ? (...values: Values) => string
    : Given[Key] extends string
      ? string
      : InOtherWords<Given[Key]>;
};

export interface DefinedText<Given> {
  /** The texts in the present language; read while rendering, so that a switch shows at once. */
  readonly now: InOtherWords<Given>;
  readonly all: Readonly<Record<Language, InOtherWords<Given>>>;
}

/**
 * The texts of a page in both languages. Type checks see to it that both have the same keys.
 *
 *     export const text = defineText({ en: { orders: (n: number) => `${n} orders` }, ko: { orders: (n) => `주문 ${n}건` } });
 *     text.now.orders(3)
 */
export function defineText<const Given extends Texts>(all: {
  readonly en: Given;
  readonly ko: InOtherWords<Given>;
}): DefinedText<Given> {
  const words = all as unknown as DefinedText<Given>['all'];
  return {
    all: words,
    get now() {
      return words[language.value];
    },
  };
}
