/**
 * What a client has done since it was made. A snapshot: the numbers are read one after the other.
 *
 * Every call is counted in one of `accepted`, `failed`, `unknown` and `cancelled` once it has ended.
 */
export interface Statistics {
  /** Calls that have begun, also those that were refused before the network. */
  readonly calls: number;
  /** Calls that were accepted. */
  readonly accepted: number;
  /** Calls that ended with an error, other than those of which nobody knows. */
  readonly failed: number;
  /** Calls that may have been carried out and whose caller cannot know: the ones that `onUnknown` is told of. */
  readonly unknown: number;
  /** Calls that were called off and are certain not to have been carried out, or do no harm if they were. */
  readonly cancelled: number;
  /** Requests that went out, or were tried to; those for tokens are not counted. */
  readonly attempts: number;
  /** Attempts that were not the first of their call. */
  readonly retries: number;
  /** Requests for a token: to the token endpoint or to the app's own provider. */
  readonly tokenFetches: number;
  /** Attempts that wait for their turn, because of the concurrency or the rate. */
  readonly waiting: number;
  /** Calls that have begun and not ended. */
  readonly underWay: number;
}
