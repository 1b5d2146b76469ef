/**
 * The headless chat client: everything a visitor's chat does except its looks. Runs in browsers and in Deno.
 *
 * @module
 */
export { ChatClient, type ChatClientOptions, type SendOptions } from "./chat_client.ts";
export type { ConnectionState } from "./connection.ts";
export type { OfflineCause } from "./backoff.ts";
export type { ChangeFrame, PendingChange } from "./pending_change.ts";
export { MemoryStorage } from "./memory_storage.ts";
export type { PendingMessage } from "./pending.ts";
export type { Clock, KeyValueStorage, Random, Socket, SocketEvents, SocketFactory } from "./ports.ts";
export type { ChatEvent, ChatState } from "./state.ts";
export { openWebSocket, systemClock, systemRandom, webSocketUrl } from "./system_ports.ts";
export type { StoredMessage } from "./timeline.ts";
export type { PageInfo } from "./hello.ts";
export type {
  Author,
  ErrorCode,
  FileInfo,
  Limits,
  MarkupNode,
  Message,
  Presence,
  Sender,
} from "../web/protocol.ts";
