/**
 * What a connection keeps about the making of its thread, for the case that an answer gets lost or this process ends.
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
