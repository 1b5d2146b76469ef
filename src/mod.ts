/**
 * ChatBox50 as a library: a {@link ChatBox} that keeps everything in the SQLite file `<name>.db` unless told otherwise.
 *
 * @module
 */
import { ChatBox as CoreChatBox, type ChatBoxOptions, checkOptions, type Uuid } from "./core/mod.ts";
import { openStorage } from "./storage/mod.ts";

export * from "./core/mod.ts";
export {
  type CommitListener,
  DatabaseOpenError,
  type OpenFault,
  openStorage,
  type SessionRecord,
  type SessionStore,
  type Storage,
  type StorageOptions,
  type ValueStore,
} from "./storage/mod.ts";

/**
 * Carries messages between two services, keeps which client here is which client there, and the whole history.
 *
 * @example What was said is there after a restart
 * ```ts
 * import { ChatBox, string, type Uuid } from "@chatbox50/chatbox50";
 * import { equal } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * function open(): ChatBox<string, Uuid> {
 *   return new ChatBox({
 *     name: `${folder}/example`,
 *     service1: { name: "one", idType: string },
 *     service2: { name: "two" },
 *   });
 * }
 * {
 *   await using box = open();
 *   await box.worker1.accessNewClient("ada");
 *   await box.worker1.getMessageSender("ada")("Hello");
 * }
 * {
 *   await using box = open();
 *   const page = await (await box.worker1.connectionOf("ada"))?.messages();
 *   equal(page?.messages[0]?.content, "Hello");
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @typeParam Id1 what service 1 uses as ids
 * @typeParam Id2 what service 2 uses as ids
 */
export class ChatBox<in out Id1 = Uuid, in out Id2 = Uuid> extends CoreChatBox<Id1, Id2> {
  /**
   * Makes a box; nothing is delivered before {@link CoreChatBox.start}.
   *
   * @param options without `store` and `debug`, messages are kept in `<name>.db` in the working directory
   * @throws {ChatBoxError} `bad_value` for an option that is not allowed
   * @throws {DatabaseOpenError} when that file cannot be used
   */
  constructor(options: ChatBoxOptions<Id1, Id2>) {
    const { name, store, debug = false, logger } = options;
    // Looked at before a file of that name is made.
    checkOptions(options);
    const kept = store ?? (debug ? undefined : openStorage(`${name}.db`, logger && { logger }).store);
    super({ ...options, ...(kept && { store: kept }) });
  }
}
