import { ConfigError } from '@cafe-for-me/lib/config';

/** The router can't start, for a reason that the person who starts it can mend: told as one sentence, exit code 78. */
export class StartRefused extends ConfigError {
  override name = 'StartRefused';

  constructor(sentence: string) {
    super([sentence]);
    this.message = sentence;
  }
}
