import { readExtras, readForwarded } from "./intake/extras.ts";
import {
  defined,
  id,
  object,
  objects,
  optionalId,
  type Payload,
  readMentions,
  readUser,
  text,
} from "./payloads.ts";
import type { DiscordAttachment, DiscordMessage } from "./ports.ts";
import { isSnowflake } from "./snowflake.ts";

/** Reads a message. */
export function readMessage(payload: Payload): DiscordMessage {
  const mentions = readMentions(payload);
  return {
    id: id(payload, "id"),
    channelId: id(payload, "channel_id"),
    author: readUser(object(payload.author), object(payload.member)),
    type: typeof payload.type === "number" ? payload.type : 0,
    content: text(payload.content) ?? "",
    mentions,
    attachments: objects(payload.attachments).flatMap(readAttachment),
    extras: readExtras(payload, mentions),
    forwarded: readForwarded(payload),
    ...defined({
      guildId: optionalId(payload.guild_id),
      webhookId: optionalId(payload.webhook_id),
      applicationId: optionalId(payload.application_id),
      editedTimestamp: text(payload.edited_timestamp),
      // A forward (type 1) has a reference, too, but is no answer.
      replyTo: payload.type === 19 ? optionalId(object(payload.message_reference).message_id) : undefined,
    }),
  };
}

function readAttachment({ id, filename, size, url }: Payload): DiscordAttachment[] {
  if (!isSnowflake(id) || typeof url !== "string" || !URL.canParse(url)) return [];
  return [{ id, url, filename: text(filename) ?? "file", size: typeof size === "number" ? size : 0 }];
}
