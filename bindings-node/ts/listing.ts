/**
 * Things that belong to clients, by the numbers that the native half knows them by. Not part of the package's surface.
 *
 * Clients come and go, and what belongs to one must not outlive it for having been listed.
 */
export class Listing<T extends object> {
  readonly #listed = new Map<number, WeakRef<T>>();
  readonly #gone = new FinalizationRegistry<number>((number) => this.#listed.delete(number));
  #count = 0;

  /** Lists it, as long as somebody has it. */
  add(thing: T): number {
    this.#count += 1;
    this.#listed.set(this.#count, new WeakRef(thing));
    this.#gone.register(thing, this.#count);
    return this.#count;
  }

  find(number: number): T | undefined {
    return this.#listed.get(number)?.deref();
  }
}
