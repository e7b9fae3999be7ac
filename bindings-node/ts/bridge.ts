import { ANSWERED, ASKED, FAILED, native } from './native.js';
import type { Answered, Failed, NativeBridge, NativeTokenTicket } from './native.js';
import type { TokenSource } from './token.js';

/** What a call ended with. It is no error yet: that is made by whoever awaits it, so that its stack leads to the user. */
export type Ended = Answered | Failed;

/**
 * The way back from the engine's thread: who waits for which call, and who answers for which client's tokens.
 *
 * There is one per environment of Node.js (the main thread, and each worker), since each has this module for itself. The
 * native half keeps the process alive while calls are under way, and only then.
 */
class Bridge {
  readonly native: NativeBridge = new native.Bridge(() => {
    this.#wake();
  });

  readonly #waiting = new Map<number, (ended: Ended) => void>();
  #calls = 0;

  // Clients come and go; a provider must not outlive its client for having been listed here.
  readonly #sources = new Map<number, WeakRef<TokenSource>>();
  readonly #gone = new FinalizationRegistry<number>((number) => this.#sources.delete(number));
  #providers = 0;

  /** Lists somebody who waits for a call; the number to start it with. */
  expect(settle: (ended: Ended) => void): number {
    this.#calls += 1;
    this.#waiting.set(this.#calls, settle);
    return this.#calls;
  }

  /** Nobody waits for that call any more. */
  forget(call: number): void {
    this.#waiting.delete(call);
  }

  /** Lists who answers for tokens; the number to open an engine with. */
  list(source: TokenSource): number {
    this.#providers += 1;
    this.#sources.set(this.#providers, new WeakRef(source));
    this.#gone.register(source, this.#providers);
    return this.#providers;
  }

  /** Must not throw: nobody is there to catch it, and the process would end. */
  #wake(): void {
    for (const arrival of this.native.take()) {
      switch (arrival[0]) {
        case ANSWERED:
        case FAILED: {
          const settle = this.#waiting.get(arrival[1]);
          this.#waiting.delete(arrival[1]);
          settle?.(arrival);
          break;
        }
        case ASKED:
          this.#ask(arrival[1], arrival[2]);
          break;
      }
    }
  }

  #ask(provider: number, ticket: NativeTokenTicket): void {
    const source = this.#sources.get(provider)?.deref();
    // It never rejects: whatever the provider throws is an answer.
    if (source) void source.answer(ticket);
    else ticket.fail('the client is gone', 0);
  }
}

export const bridge = new Bridge();
