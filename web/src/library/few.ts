// Work that is done a few at a time, in the order in which it was asked for. What is not wanted any
// more before its turn is never begun.

interface Waiting {
  begin: () => void;
  signal: AbortSignal;
}

export class Few {
  private n = 0;
  private readonly waiting: Waiting[] = [];

  constructor(private readonly most: number) {}

  /** Does the work in its turn. Its promise fails as an aborted request does if it was given up. */
  run<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        this.n++;
        work(signal)
          .then(resolve, reject)
          .finally(() => {
            this.n--;
            this.next();
          });
      };
      const giveUp = (): void => reject(new DOMException("not wanted any more", "AbortError"));
      signal.addEventListener("abort", giveUp, { once: true });
      this.waiting.push({ begin, signal });
      this.next();
    });
  }

  private next(): void {
    while (this.n < this.most) {
      const first = this.waiting.shift();
      if (!first) return;
      if (!first.signal.aborted) first.begin();
    }
  }
}
