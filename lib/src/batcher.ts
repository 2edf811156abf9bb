/**
 * Makes many small pieces of work into few larger ones, without waiting for company: items that come while a run is under
 * way go together into the next. A lone item runs at once and by itself.
 *
 * A run that fails is repeated item by item, side by side, so that one bad item fails alone: `run` must stand a repetition, also after
 * a fault that left open whether it was done.
 *
 * @param options.run gives a result per item, in their order. Runs in the context (`log.ts`) of any of its items.
 * @returns does one item: resolves with its result, rejects with its error
 */
export function createBatcher<Item, Result>(options: {
  run(items: readonly Item[]): Promise<readonly Result[]>;
  /** Items of one run, at most. @default 32 */
  max?: number;
  /** Runs at one time. @default 1 */
  concurrency?: number;
}): (item: Item) => Promise<Result> {
  const { run, max = 32, concurrency = 1 } = options;
  interface Entry {
    readonly item: Item;
    readonly resolve: (result: Result) => void;
    readonly reject: (error: unknown) => void;
  }
  let waiting: Entry[] = [];
  let running = 0;

  async function runTogether(batch: readonly Entry[]): Promise<void> {
    const results = await run(batch.map(({ item }) => item));
    if (results.length !== batch.length) throw new Error(`${results.length} results for ${batch.length} items`);
    results.forEach((result, index) => batch[index]?.resolve(result));
  }

  async function runBatch(batch: readonly Entry[]): Promise<void> {
    try {
      await runTogether(batch);
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error);
      else await Promise.all(batch.map((entry) => runBatch([entry])));
    }
  }

  async function runWhatWaits(): Promise<void> {
    running += 1;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, max);
      waiting = waiting.slice(max);
      await runBatch(batch);
    }
    running -= 1;
  }

  return function doOne(item) {
    return new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (running < concurrency) void runWhatWaits();
    });
  };
}
