/**
 * The library: a {@link ChatBox} carries messages between any two services, keeps the pairing of their client ids and
 * the whole history, and loses nothing. It knows no platform: no Discord, no HTTP, no disk.
 *
 * @module
 */
export { ChatBox } from "./chat_box.ts";
export type { ChatBoxOptions } from "./chat_box_options.ts";
export { ServiceWorker } from "./service_worker.ts";
export type { AccessOptions } from "./worker/access.ts";
export type { ReceiveBatchOptions, ReceiveOptions } from "./worker/receiving.ts";
export type { MessageSender } from "./worker/sending.ts";
export type {
  CreateCallback,
  IdTypeGiven,
  NewAccessCallback,
  PeerSignal,
  PeerSignalCallback,
  ServiceOptions,
  ServiceSettings,
} from "./service.ts";
export type { ClientQueueOptions } from "./worker_queues.ts";
export { MessageQueue } from "./message_queue.ts";
export type { QueuedMessage } from "./queued_message.ts";
export { type OutgoingMessage, SendQueue, type TrySendMessage } from "./send_queue.ts";
export {
  AsyncQueue,
  QueueClosedError,
  type TryReceive,
  type TrySend,
  type WaitOptions,
} from "./async_queue.ts";
export type { SendOptions } from "./exchange.ts";
export { Connection, ConnectionProperties, type HistoryOptions } from "./connection.ts";
export type * from "./delivery.ts";
export type * from "./delivery_progress.ts";
export {
  type Author,
  type FileReference,
  type Message,
  type MessageDraft,
  type MessageEdit,
  otherSide,
  type Side,
} from "./message.ts";
export type { JsonObject, JsonValue } from "./json.ts";
export { type IdType, isUuid, string, type Uuid, uuid } from "./id_type.ts";
export { bigint, boolean, bytes, custom, number, tuple } from "./id_types.ts";
export {
  ChatBoxError,
  type ChatBoxErrorCode,
  DeliveryError,
  type DeliveryErrorOptions,
  PermanentDeliveryError,
} from "./errors.ts";
export type { ConnectionEvent, ConnectionListener, Hub } from "./hub.ts";
export type * from "./ports.ts";
export { MemoryStore, mergeProperties } from "./memory_store.ts";
export { appendedMessage, changedMessage, CID_WINDOW } from "./change.ts";
export { CheckedStore } from "./checked_store.ts";
export { checkOptions } from "./check_options.ts";
export { guardedLogger } from "./guarded_logger.ts";
export { LruMap } from "./lru.ts";
export { randomUuid, silentLogger, systemClock } from "./system_ports.ts";
