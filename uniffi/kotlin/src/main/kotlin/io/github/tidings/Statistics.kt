package io.github.tidings

import io.github.tidings.internal.StatisticsRecord

/**
 * What a client has done since it was made, in numbers. A snapshot: they are read one after the other.
 *
 * Every call is counted in one of [accepted], [failed], [unknown] and [cancelled] once it has ended.
 *
 * @property calls Calls that have begun, also those that were refused before the network.
 * @property accepted Calls that were accepted.
 * @property failed Calls that ended with an error, other than those of which nobody knows.
 * @property unknown Calls that may have been carried out and whose caller cannot know: those that
 * [onUnknown][ClientOptions.onUnknown] is told of.
 * @property cancelled Calls that were called off and are certain not to have been carried out, or do no harm if they were.
 * @property attempts Requests that went out, or were tried to; those for tokens are not counted.
 * @property retries Attempts that were not the first of their call.
 * @property tokenFetches Requests for a token: to the token endpoint or to the app's own provider.
 * @property waiting Attempts that wait for their turn, because of [maxConcurrency][ClientOptions.maxConcurrency] or
 * [rateLimit][ClientOptions.rateLimit].
 * @property underWay Calls that have begun and not ended.
 */
@ConsistentCopyVisibility
public data class Statistics internal constructor(
    val calls: Long,
    val accepted: Long,
    val failed: Long,
    val unknown: Long,
    val cancelled: Long,
    val attempts: Long,
    val retries: Long,
    val tokenFetches: Long,
    val waiting: Long,
    val underWay: Long,
)

internal fun StatisticsRecord.toStatistics(): Statistics = Statistics(
    calls = calls.toLong(),
    accepted = accepted.toLong(),
    failed = failed.toLong(),
    unknown = unknown.toLong(),
    cancelled = cancelled.toLong(),
    attempts = attempts.toLong(),
    retries = retries.toLong(),
    tokenFetches = tokenFetches.toLong(),
    waiting = waiting.toLong(),
    underWay = underWay.toLong(),
)
