/**
 * What a message carries besides text, as readable lines: a visitor should at least learn that there is something.
 *
 * @module
 */

type Fields = Readonly<Record<string, unknown>>;

/** REFERENCE TYPE 1, https://discord.com/developers/docs/resources/message#message-reference-types */
const FORWARD = 1;

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? value as Fields : {};
}

function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fields) : [];
}

function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/**
 * Lines for stickers, polls, forwards and rich embeds, in the order in which Discord shows them. A message's own attachments are
 * not among them, those of a forwarded one are.
 */
export function describeExtras(message: Readonly<Record<string, unknown>>): readonly string[] {
  const lines: string[] = [];
  if (fields(message.message_reference).type === FORWARD) {
    for (const snapshot of list(message.message_snapshots)) {
      const forwarded = fields(snapshot.message);
      const files = list(forwarded.attachments).map(({ filename }) => `[${string(filename) || "file"}]`);
      const quoted = [string(forwarded.content), ...describeExtras(forwarded), ...files];
      lines.push(...quoted.filter((line) => line !== ""));
    }
  }
  for (const embed of list(message.embeds)) {
    // Other types are previews that Discord made from links in the text.
    if (embed.type !== undefined && embed.type !== "rich") continue;
    const words = [string(embed.title), string(embed.description)].filter((word) => word !== "");
    if (words.length > 0) lines.push(words.join("\n"));
  }
  for (const sticker of list(message.sticker_items)) lines.push(`[${string(sticker.name) || "sticker"}]`);
  const poll = fields(message.poll);
  const question = string(fields(poll.question).text);
  if (question !== "") {
    const answers = list(poll.answers).map((answer) => string(fields(answer.poll_media).text));
    lines.push(
      [question, ...answers.filter((answer) => answer !== "").map((answer) => `- ${answer}`)].join("\n"),
    );
  }
  return lines;
}
