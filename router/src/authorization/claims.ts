/** What a token says. */
export type Claims = Readonly<Record<string, unknown>>;
