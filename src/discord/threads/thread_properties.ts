/**
 * What a connection keeps about its thread, for the case that an answer gets lost or this process ends.
 *
 * @module
 */

/** Property of a connection: the name of a thread that may have been made although nobody knows its id. */
export const THREAD_TRIED = "discord.threadTried";

/** Property of a connection: the id of the thread that is gone. */
export const THREAD_GONE = "discord.threadGone";

/** Property of a connection: `true` once a thread was made while an earlier attempt might still be carried out. */
export const THREAD_IN_DOUBT = "discord.threadInDoubt";

/** Property of a connection: the ids of threads that such attempts have made, in which staff were told so. */
export const THREADS_ASTRAY = "discord.threadsAstray";

/** Property of a connection that is closed: how it was. */
export const CLOSED = "closed";

/** Property of a connection: its thread is to show whether it is closed, and does not yet; see `ThreadFace`. */
export const TO_SHOW = "discord.toShow";

/**
 * Property of a connection: the visitor has read what is not marked as read yet, because the thread is `archived` or Discord was
 * `unreachable`.
 */
export const TO_MARK = "discord.toMark";
