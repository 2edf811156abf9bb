import { z } from 'zod';

/** Whether clients may ask how their operations are executed. */
export const explainSettings = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe(
      'Whether a request with `extensions: {"explain": true}` is told its query plan, and what each fetch took. It shows how the graph is made up inside: for developers.',
    ),
});
