import type { Connection } from "./connection.ts";
import type { DeliveryKind } from "./delivery.ts";
import type { Message } from "./message.ts";

/**
 * A message as it comes out of a {@link MessageQueue}.
 *
 * @example Who wrote, and what became of it
 * ```ts
 * import { ChatBox, type QueuedMessage, string } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two", idType: string },
 *   debug: true,
 * });
 * box.worker2.setCreateCallback((id) => `room of ${id}`);
 * await box.start();
 * await box.worker1.accessNewClient("ada");
 * await box.worker1.getMessageSender("ada")("Hello");
 * const line = ({ id, kind, content }: QueuedMessage<string>): string => `${id}, ${kind}: ${content}`;
 * for await (const message of box.worker2.receiveQueue) {
 *   equal(line(message), "room of ada, message: Hello");
 *   break;
 * }
 * ```
 */
export interface QueuedMessage<Id> extends Message {
  /** The receiving service's id of the client. */
  readonly id: Id;
  /** The pairing that the message belongs to. */
  readonly connection: Connection;
  /** What happened: a new message, or the present state of one that was edited or deleted. */
  readonly kind: DeliveryKind;
}
