import {
  ChatBoxError,
  type Clock,
  type FileReference,
  type Logger,
  type Side,
  type Uuid,
} from "../../core/mod.ts";
import { DiscordRefusal, failureFields } from "../errors.ts";
import type { DiscordAttachment, DiscordMessage, DiscordRest } from "../ports.ts";
import type { Snowflake } from "../snowflake.ts";
import { wait } from "../waiting.ts";
import { fetchAttachment, ForeignAddressError } from "./attachment_source.ts";
import type { ConversationFiles } from "./ports.ts";

/** The largest file of the staff that is kept for a visitor, in bytes. */
const MAX_BYTES = 25 * 1024 * 1024;

/** How long a download may take, in milliseconds; what is said after it in the same thread waits. */
const TIMEOUT_MS = 60_000;

/** How often a download is tried; then the visitor sees its name only. */
const MAX_TRIES = 3;
const RETRY_AFTER_MS = 1_000;

/** What a staff message's attachments have become. */
export interface KeptAttachments {
  readonly files: readonly FileReference[];
  /** The attachments that the files were, in the same order. */
  readonly ids: readonly Snowflake[];
}

/** What {@link Attachments} needs. */
export interface AttachmentsOptions {
  readonly files: ConversationFiles | undefined;
  readonly rest: DiscordRest;
  readonly side: Side;
  /** Of the REST API when it is not Discord's, see {@link fetchAttachment}. */
  readonly apiUrl: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Copies what staff attach: Discord's addresses expire after a day, and visitors need not know Discord. */
export class Attachments {
  readonly #options: AttachmentsOptions;

  constructor(options: AttachmentsOptions) {
    this.#options = options;
  }

  /**
   * Keeps the attachments of a message.
   *
   * @param cid what the message is called, to which the files are promised
   * @throws {ChatBoxError} `overloaded` when they cannot be stored now
   */
  async keep(message: DiscordMessage, uid: Uuid, cid: string): Promise<KeptAttachments> {
    const { files: store, side } = this.#options;
    const kept: { readonly file: FileReference; readonly id: Snowflake }[] = [];
    if (store === undefined) return { files: [], ids: [] };
    let { attachments } = message;
    const refresh = async (): Promise<void> => {
      ({ attachments } = await this.#options.rest.message(message.channelId, message.id));
    };
    for (const { id } of attachments) {
      const file = await this.#keepOne(
        () => attachments.find((found) => found.id === id),
        refresh,
        store,
        uid,
      );
      if (file !== undefined) kept.push({ file, id });
    }
    if (kept.length === 0) return { files: [], ids: [] };
    const files = await store.claim(uid, side, cid, kept.map(({ file }) => file.id));
    return { files, ids: kept.map(({ id }) => id) };
  }

  async #keepOne(
    find: () => DiscordAttachment | undefined,
    refresh: () => Promise<void>,
    store: ConversationFiles,
    uid: Uuid,
  ): Promise<FileReference | undefined> {
    const { logger, clock, signal } = this.#options;
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const attachment = find();
      if (attachment === undefined || attachment.size > MAX_BYTES) return undefined;
      try {
        return await this.#download(attachment, store, uid);
      } catch (error) {
        if (error instanceof ChatBoxError || signal.aborted) throw error;
        const about = { uid, attachment: attachment.id, tries, ...failureFields(error) };
        logger.warn("An attachment could not be copied", about);
        // It will be there the next time, too.
        if (error instanceof ForeignAddressError) return undefined;
        // Expired addresses are the most likely reason, and the message has fresh ones.
        await refresh().catch((cause) => {
          if (!(cause instanceof DiscordRefusal)) throw cause;
        });
        if (tries > 1 && tries < MAX_TRIES) await wait(RETRY_AFTER_MS, clock, signal);
      }
    }
    return undefined;
  }

  async #download(
    { url, filename }: DiscordAttachment,
    store: ConversationFiles,
    uid: Uuid,
  ): Promise<FileReference | undefined> {
    const { side, clock, apiUrl } = this.#options;
    const signal = AbortSignal.any([this.#options.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const body = await fetchAttachment(url, { apiUrl, timeoutMs: TIMEOUT_MS, signal });
    const at = clock.now();
    const saved = await store.save({ uid, side, name: filename, body, maxBytes: MAX_BYTES, at, signal });
    return "file" in saved ? saved.file : undefined;
  }
}
