/**
 * Calls that signals call off. Not part of the package's surface.
 *
 * However many calls share a signal, there is one listener: at the eleventh Node.js warns of a leak.
 */

interface Shared {
  readonly calls: Set<() => void>;
  readonly listener: () => void;
}

const signals = new WeakMap<AbortSignal, Shared>();

/** From now on the signal calls this off, until it is {@link release}d. */
export function attach(signal: AbortSignal, callOff: () => void): void {
  let shared = signals.get(signal);
  if (!shared) {
    const calls = new Set<() => void>();
    const listener = () => {
      for (const callOff of calls) callOff();
    };
    shared = { calls, listener };
    signals.set(signal, shared);
    signal.addEventListener('abort', listener);
  }
  shared.calls.add(callOff);
}

/** The call has ended. The last one takes the listener with it. */
export function release(signal: AbortSignal, callOff: () => void): void {
  const shared = signals.get(signal);
  if (!shared?.calls.delete(callOff) || shared.calls.size > 0) return;
  signals.delete(signal);
  signal.removeEventListener('abort', shared.listener);
}
