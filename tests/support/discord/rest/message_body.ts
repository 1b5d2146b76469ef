/** Validates what a message is made of, the same for sending, editing, forum posts, webhooks and interactions. */
import type { APIEmbed } from "discord-api-types/v10";
import type { MessageDraft } from "../actions/messages.ts";
import { DiscordError } from "../errors.ts";
import type { UploadedFile } from "../http/body.ts";
import type { Form } from "../http/form.ts";
import { readAllowedMentions } from "../mentions.ts";
import type { AttachmentState } from "../state.ts";
import type { World } from "../world.ts";

/** A message without its author; what was left out is undefined. */
export type MessageParts = Pick<
  MessageDraft,
  "content" | "attachments" | "embeds" | "flags" | "tts" | "stickers" | "extra" | "allowedMentions"
>;

const MAX_CONTENT = 2000;
const MAX_EMBEDS = 10;
const MAX_FILES = 10;
const MAX_EMBEDS_TEXT = 6000;
/** SUPPRESS_EMBEDS, EPHEMERAL, SUPPRESS_NOTIFICATIONS, IS_VOICE_MESSAGE, IS_COMPONENTS_V2 */
const SENDABLE_FLAGS = (1 << 2) | (1 << 6) | (1 << 12) | (1 << 13) | (1 << 15);

/**
 * @param world where files are kept
 * @param form the message object
 * @param files what was uploaded with it
 * @param kept attachments the message has already, which an edit may keep by id
 * @returns its parts; nothing is stored when anything is wrong
 * @throws {DiscordError} 50035, 40005
 */
export function readMessageParts(
  world: World,
  form: Form,
  files: ReadonlyMap<number, UploadedFile>,
  kept: readonly AttachmentState[] = [],
): MessageParts {
  const content = form.text("content", { max: MAX_CONTENT });
  const allowedMentions = readAllowedMentions(form.raw("allowed_mentions"), form.errors);
  const embeds = readEmbeds(form);
  const flags = form.integer("flags", { min: 0, max: 2 ** 31 - 1 });
  const tts = form.boolean("tts");
  const stickerIds = form.list("sticker_ids", 3);
  const listed = form.list("attachments", MAX_FILES);
  checkFiles(world, form, files);
  checkListed(form, listed, files, kept);
  form.check();
  if (world.isBlocked(content ?? "")) throw new DiscordError("blockedByAutomod");
  const attachments = storeFiles(world, files, listed, kept);
  const extra = Object.fromEntries(
    ["components", "poll"].flatMap((key) => form.has(key) ? [[key, form.raw(key)]] : []),
  );
  return {
    ...(form.raw("content") === undefined ? {} : { content: content ?? "" }),
    ...(attachments === undefined ? {} : { attachments }),
    ...(embeds === undefined ? {} : { embeds }),
    ...(flags === undefined ? {} : { flags: flags & SENDABLE_FLAGS }),
    ...(tts === undefined ? {} : { tts }),
    ...(stickerIds === undefined ? {} : { stickers: stickerIds.map(sticker) }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
    allowedMentions,
  };
}

/**
 * @param parts of a message
 * @returns whether there is nothing to show
 */
export function isEmpty(parts: MessageParts): boolean {
  const { content, attachments, embeds, stickers, extra } = parts;
  return (content ?? "").trim() === "" &&
    [attachments, embeds, stickers].every((list) => (list ?? []).length === 0) && extra === undefined;
}

function readEmbeds(form: Form): APIEmbed[] | undefined {
  const embeds = form.list("embeds", MAX_EMBEDS) as APIEmbed[] | undefined;
  let total = 0;
  for (const [index, embed] of (embeds ?? []).entries()) {
    const limits = [["title", 256], ["description", 4096]] as const;
    for (const [key, max] of limits) {
      const length = embed[key]?.length ?? 0;
      total += length;
      if (length > max) {
        form.fail(`embeds.${index}.${key}`, "BASE_TYPE_MAX_LENGTH", `Must be ${max} or fewer in length.`);
      }
    }
    for (const field of embed.fields ?? []) total += field.name.length + field.value.length;
  }
  if (total > MAX_EMBEDS_TEXT) {
    form.fail("embeds", "MAX_EMBED_SIZE_EXCEEDED", `Embed size exceeds maximum size of ${MAX_EMBEDS_TEXT}`);
  }
  return embeds?.map((embed) => ({ type: "rich", ...embed } as APIEmbed));
}

function checkFiles(world: World, form: Form, files: ReadonlyMap<number, UploadedFile>): void {
  if (files.size > MAX_FILES) {
    form.fail("files", "BASE_TYPE_MAX_LENGTH", `Must be ${MAX_FILES} or fewer in length.`);
  }
  // Discord's pages say it of each file, libraries met it for all of a request together: the stricter is simulated.
  // https://docs.discord.com/developers/reference#uploading-files
  const bytes = [...files.values()].reduce((sum, file) => sum + file.bytes.length, 0);
  if (bytes > world.limits.fileBytes) throw new DiscordError("requestTooLarge");
}

function checkListed(
  form: Form,
  listed: unknown[] | undefined,
  files: ReadonlyMap<number, UploadedFile>,
  kept: readonly AttachmentState[],
): void {
  for (const [index, item] of (listed ?? []).entries()) {
    const id = String((item as { id?: unknown }).id);
    const known = files.has(Number(id)) || kept.some((attachment) => attachment.id === id);
    if (!known) {
      form.fail(
        `attachments.${index}`,
        "ATTACHMENT_NOT_FOUND",
        `Attachment data could not be found for attachment id ${id}.`,
      );
    }
  }
}

/** Undefined when the request says nothing of attachments: an edit then keeps them all. */
function storeFiles(
  world: World,
  files: ReadonlyMap<number, UploadedFile>,
  listed: unknown[] | undefined,
  kept: readonly AttachmentState[],
): AttachmentState[] | undefined {
  if (files.size === 0 && listed === undefined) return undefined;
  const details = (listed ?? []) as {
    id?: unknown;
    filename?: string;
    title?: string;
    description?: string;
  }[];
  const staying = listed === undefined
    ? kept
    : kept.filter(({ id }) => details.some((item) => String(item.id) === id));
  const added = [...files].map(([number, file]) => {
    const detail = details.find((item) => String(item.id) === String(number));
    return storeFile(world, file, {
      ...(detail?.filename === undefined ? {} : { filename: detail.filename }),
      ...(detail?.title === undefined ? {} : { title: detail.title }),
      ...(detail?.description === undefined ? {} : { description: detail.description }),
    });
  });
  return [...staying, ...added];
}

/**
 * @param world where
 * @param file its bytes
 * @param detail what the sender says of it
 * @returns the attachment, whose name Discord makes safe for a URL
 */
export function storeFile(
  world: World,
  file: UploadedFile,
  detail: { filename?: string; title?: string; description?: string } = {},
): AttachmentState {
  const { filename = file.name, ...rest } = detail;
  const id = world.ids.next();
  world.files.set(id, file.bytes);
  return {
    id,
    filename: filename.replace(/[^A-Za-z0-9_.-]+/g, "_") || "unknown",
    contentType: file.type || "application/octet-stream",
    size: file.bytes.length,
    ...rest,
  };
}

function sticker(id: unknown): { id: string; name: string; format_type: number } {
  return { id: String(id), name: "sticker", format_type: 1 };
}
