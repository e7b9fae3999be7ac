package io.github.tidings

import io.github.tidings.internal.EvidenceRecord
import java.io.Serializable
import kotlin.time.Duration
import kotlin.time.Instant
import kotlin.time.toKotlinDuration
import kotlin.time.toKotlinInstant

/**
 * What is known about a call whose outcome is unknown. With it the call can be looked for, in delivery receipts or with
 * `messages.list`.
 *
 * Its text shows neither [correlationId] nor [messageMetadata].
 */
public class Evidence internal constructor(record: EvidenceRecord) : Serializable {
    /** How far the exchange had come. */
    public val phase: Phase = Phase.of(record.phase)

    /** When the call began, by this machine's clock. */
    public val startedAt: Instant = record.startedAt.toKotlinInstant()

    /** How long the call had taken, waiting and retries included. */
    public val elapsed: Duration = record.elapsed.toKotlinDuration()

    /** The `correlation_id` of the request. */
    public val correlationId: String? = record.correlationId

    /** The `message_metadata` of the request as it was written. */
    public val messageMetadata: String? = record.messageMetadata

    override fun toString(): String = "Evidence(phase=$phase, startedAt=$startedAt, elapsed=$elapsed)"

    /** How far an exchange had come when it was cut off. */
    public enum class Phase {
        /** The request was handed over; no answer had come. */
        AWAITING_ANSWER,

        /** The answer's head had come, its body had not come whole. */
        READING_ANSWER,

        /** An answer came whole, and it does not tell what became of the call. */
        ANSWERED,
        ;

        /** The phase's name in every language, such as `awaiting_answer`. */
        public val id: String = name.lowercase()

        internal companion object {
            /** What is not known here is taken for the one that promises least. */
            fun of(id: String): Phase = entries.find { it.id == id } ?: AWAITING_ANSWER
        }
    }
}
