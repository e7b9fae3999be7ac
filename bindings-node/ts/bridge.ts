import type { Listener } from './events.js';
import { Listing } from './listing.js';
import { ANSWERED, ASKED, FAILED, TOLD, native } from './native.js';
import type { Answered, Failed, NativeBridge, NativeTokenTicket } from './native.js';
import type { TokenSource } from './token.js';

/** What a call ended with. It is no error yet: that is made by whoever awaits it, so that its stack leads to the user. */
export type Ended = Answered | Failed;

interface Waiting {
  readonly settle: (ended: Ended) => void;
  /** Whoever is told of things of the call, which must be there until it has ended, also if nobody has the client any more. */
  readonly listeners: readonly Listener[];
}

/**
 * The way back from the engine's thread: who waits for which call, who answers for which client's tokens, and who is told of
 * what happens.
 *
 * There is one per environment of Node.js (the main thread, and each worker), since each has this module for itself. The
 * native half keeps the process alive while calls are under way, and only then.
 */
class Bridge {
  readonly native: NativeBridge = new native.Bridge(() => {
    this.#wake();
  });

  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;

  /** Who answers for tokens. */
  readonly sources = new Listing<TokenSource>();
  /** Who is told of things. */
  readonly listeners = new Listing<Listener>();

  /** Lists somebody who waits for a call; the number to start it with. */
  expect(settle: (ended: Ended) => void, listeners: readonly Listener[]): number {
    this.#calls += 1;
    this.#waiting.set(this.#calls, { settle, listeners });
    return this.#calls;
  }

  /** Nobody waits for that call any more. */
  forget(call: number): void {
    this.#waiting.delete(call);
  }

  /** Must not throw: nobody is there to catch it, and the process would end. */
  #wake(): void {
    for (const arrival of this.native.take()) {
      switch (arrival[0]) {
        case ANSWERED:
        case FAILED: {
          const waiting = this.#waiting.get(arrival[1]);
          this.#waiting.delete(arrival[1]);
          waiting?.settle(arrival);
          break;
        }
        case ASKED:
          this.#ask(arrival[1], arrival[2]);
          break;
        case TOLD:
          // It never rejects: what the listener throws is reported.
          void this.listeners.find(arrival[1])?.tell(arrival[2], arrival[3]);
          break;
      }
    }
  }

  #ask(provider: number, ticket: NativeTokenTicket): void {
    const source = this.sources.find(provider);
    // It never rejects: whatever the provider throws is an answer.
    if (source) void source.answer(ticket);
    else ticket.fail('the client is gone', 0);
  }
}

export const bridge = new Bridge();
