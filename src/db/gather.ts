/** Refused at once: so many calls wait already that this one would wait too long to be of use. */
export class TooManyWaiting extends Error {
  constructor() {
    super("too many calls wait for the database");
    this.name = "TooManyWaiting";
  }
}

/** At a few thousand a second this is seconds of waiting, well inside what a sender allows. */
const MOST_WAITING = 10_000;

/** Above this a batch's statements grow faster than what they save; measured in `bench/acks`. */
const LARGEST_BATCH = 200;

/**
 * Makes calls that arrive together travel together: while one batch is under way the next gathers,
 * and each caller gets its own answer after the whole batch is done. `run` answers in the order of
 * its items, and does all of them or none: if it throws, every item is run alone, so that one bad
 * item fails only itself. Nothing is held back when nothing is under way. Beyond 10,000 waiting
 * calls a further one throws TooManyWaiting.
 */
export function gather<Item, Answer>(
  run: (items: Item[]) => Promise<Answer[]>,
): (item: Item) => Promise<Answer> {
  type Waiting = {
    item: Item;
    resolve: (answer: Answer) => void;
    reject: (error: unknown) => void;
  };
  let waiting: Waiting[] = [];
  let running = false;

  async function runAlone({ item, resolve, reject }: Waiting) {
    try {
      const [answer] = await run([item]);
      resolve(answer as Answer);
    } catch (error) {
      reject(error);
    }
  }

  async function drain() {
    running = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, LARGEST_BATCH);
      waiting = waiting.slice(LARGEST_BATCH);
      if (batch.length === 1) {
        await Promise.all(batch.map(runAlone));
        continue;
      }
      try {
        const answers = await run(batch.map(({ item }) => item));
        batch.forEach(({ resolve }, index) => resolve(answers[index] as Answer));
      } catch {
        for (const one of batch) await runAlone(one);
      }
    }
    running = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= MOST_WAITING) throw new TooManyWaiting();
      waiting.push({ item, resolve, reject });
      if (!running) void drain();
    });
}
