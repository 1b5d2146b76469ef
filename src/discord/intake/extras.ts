/**
 * What a message carries besides text, as readable lines: a visitor should at least learn that there is something.
 *
 * @module
 */
import { object, objects, type Payload, readMentions, text } from "../payloads.ts";
import type { DiscordExtra, DiscordUser } from "../ports.ts";

/** REFERENCE TYPE 1, https://discord.com/developers/docs/resources/message#message-reference-types */
const FORWARD = 1;

/**
 * Reads stickers, polls, forwards and rich embeds, in the order in which Discord shows them. A message's own attachments are not
 * among them, those of a forwarded one are.
 *
 * @param mentioned those whom the message mentions; Discord tells nobody else by name
 */
export function readExtras(message: Payload, mentioned: readonly DiscordUser[]): readonly DiscordExtra[] {
  return [
    ...forwards(message, mentioned),
    ...embeds(message, mentioned),
    ...objects(message.sticker_items).map(({ name }) => ({ text: `[${text(name) ?? "sticker"}]` })),
    ...poll(object(message.poll)),
  ];
}

/** How each message begins that a message forwards: with its text or, where it has none, with what stands in its place. */
export function readForwarded(message: Payload): readonly string[] {
  return snapshots(message).flatMap((forwarded) => {
    const begins = text(forwarded.content) ?? readExtras(forwarded, [])[0]?.text;
    return [...(begins === undefined ? [] : [begins]), ...readForwarded(forwarded)];
  });
}

function forwards(message: Payload, mentioned: readonly DiscordUser[]): readonly DiscordExtra[] {
  return snapshots(message).flatMap((forwarded) => {
    const mentions = [...readMentions(forwarded), ...mentioned];
    return [
      ...markdown(forwarded.content, mentions),
      ...readExtras(forwarded, mentions),
      ...objects(forwarded.attachments).map(({ filename }) => ({ text: `[${text(filename) ?? "file"}]` })),
    ];
  });
}

/** https://discord.com/developers/docs/resources/message#message-snapshot-object */
function snapshots(message: Payload): readonly Payload[] {
  if (object(message.message_reference).type !== FORWARD) return [];
  return objects(message.message_snapshots).map((snapshot) => object(snapshot.message));
}

function embeds(message: Payload, mentions: readonly DiscordUser[]): readonly DiscordExtra[] {
  // Other types are previews that Discord made from links in the text.
  return objects(message.embeds).filter(({ type }) => type === undefined || type === "rich").flatMap(
    ({ title, description }) => [...markdown(title, mentions), ...markdown(description, mentions)],
  );
}

function markdown(value: unknown, mentions: readonly DiscordUser[]): readonly DiscordExtra[] {
  const source = text(value);
  return source === undefined ? [] : [{ text: source, mentions }];
}

/** Discord shows a poll's words as they are, without formatting. */
function poll({ question, answers }: Payload): readonly DiscordExtra[] {
  const asked = text(object(question).text);
  if (asked === undefined) return [];
  const choices = objects(answers).map((answer) => text(object(answer.poll_media).text))
    .filter((choice) => choice !== undefined);
  return [{ text: [asked, ...choices.map((choice) => `- ${choice}`)].join("\n") }];
}
