/** What the staff page is told. */
import { type APIMessage, ApplicationCommandOptionType as Option, ChannelType } from "discord-api-types/v10";
import { renderMessage } from "../render.ts";
import { commandsOf } from "../rest/commands.ts";
import type { MessageState } from "../state.ts";
import { isThread, type World } from "../world.ts";
import { formatted, type FormattedPart } from "./formatted.ts";

/** A thread or text channel in the list. */
interface PlaceView {
  readonly id: string;
  readonly name: string;
  readonly thread: boolean;
  readonly archived: boolean;
  readonly locked: boolean;
  readonly last?: {
    readonly id: string;
    readonly text: string;
    readonly author: string;
    readonly at: string;
  };
}

/** A message as the page shows it. */
interface MessageView {
  readonly id: string;
  readonly author: { readonly id: string; readonly name: string; readonly bot: boolean };
  readonly at: string;
  readonly edited: boolean;
  readonly ephemeral: boolean;
  readonly system?: string;
  readonly text: string;
  /** The same with its formatting. */
  readonly parts: readonly FormattedPart[];
  readonly replyTo?: { readonly author: string; readonly text: string };
  readonly files: readonly {
    readonly name: string;
    readonly url: string;
    readonly type: string;
    readonly size: number;
  }[];
  readonly links: readonly { readonly title: string; readonly url: string }[];
  readonly reactions: readonly { readonly emoji: string; readonly count: number }[];
}

const EPHEMERAL = 1 << 6;

/**
 * @param world where
 * @returns channels with their threads, newest first, and the registered commands
 */
export function stateView(world: World): unknown {
  const channels = [...world.channels.values()].filter((channel) =>
    channel.type === ChannelType.GuildForum || channel.type === ChannelType.GuildText
  );
  const commands = [...commandsOf(world, world.guild.id), ...commandsOf(world, null)];
  return {
    guild: world.guild.name,
    bot: world.botId,
    channels: channels.map((channel) => ({
      id: channel.id,
      name: channel.name,
      forum: channel.type === ChannelType.GuildForum,
      places: [
        ...(channel.type === ChannelType.GuildText ? [placeView(world, channel.id)] : []),
        ...world.threadsOf(channel.id).map((thread) => placeView(world, thread.id)).sort((left, right) =>
          (right.last?.at ?? "").localeCompare(left.last?.at ?? "")
        ),
      ],
    })),
    commands: commands.map(({ name, description, options }) => ({
      name,
      description,
      options: options ?? [],
    })),
  };
}

function placeView(world: World, id: string): PlaceView {
  const channel = world.channel(id);
  const last = [...world.messagesOf(id).values()].at(-1);
  return {
    id,
    name: channel.name,
    thread: isThread(channel),
    archived: channel.thread?.archived ?? false,
    locked: channel.thread?.locked ?? false,
    ...(last === undefined ? {} : {
      last: {
        id: last.id,
        text: last.content || (last.attachments[0]?.filename ?? ""),
        author: nameOf(world, renderMessage(world, last)),
        at: last.timestamp,
      },
    }),
  };
}

/**
 * @param world where
 * @param channelId a thread or channel
 * @returns its messages, oldest first, ephemeral answers among them
 */
export function messagesView(world: World, channelId: string): MessageView[] {
  const hidden = [...world.interactions.values()].filter((interaction) => interaction.channelId === channelId)
    .flatMap((interaction) => interaction.responses)
    .filter((message) => (message.flags & EPHEMERAL) !== 0);
  return [...(world.messages.get(channelId)?.values() ?? []), ...hidden]
    .sort((left, right) => left.timestamp.localeCompare(right.timestamp))
    .map((message) => messageView(world, message));
}

function messageView(world: World, state: MessageState): MessageView {
  const message = renderMessage(world, state);
  const replied = message.referenced_message;
  const system = SYSTEM_WORDS[message.type];
  return {
    id: message.id,
    author: { id: message.author.id, name: nameOf(world, message), bot: message.author.bot ?? false },
    at: message.timestamp,
    edited: message.edited_timestamp !== null,
    ephemeral: (state.flags & EPHEMERAL) !== 0,
    ...(system === undefined ? {} : { system }),
    text: message.content,
    parts: formatted(message.content),
    ...(replied ? { replyTo: { author: nameOf(world, replied), text: replied.content } } : {}),
    files: message.attachments.map((file) => ({
      name: file.filename,
      url: file.url,
      type: file.content_type ?? "",
      size: file.size,
    })),
    links: message.embeds.map((embed) => ({ title: embed.title ?? embed.url ?? "", url: embed.url ?? "" })),
    reactions: (message.reactions ?? []).map(({ emoji, count }) => ({ emoji: emoji.name ?? "", count })),
  };
}

const SYSTEM_WORDS: Record<number, string> = {
  4: "renamed this to",
  18: "started a thread:",
  21: "started this thread",
};

function nameOf(world: World, message: APIMessage): string {
  const nick = world.members.get(message.author.id)?.nick;
  return nick ?? message.author.global_name ?? message.author.username;
}

/**
 * @param world where
 * @param name a command's
 * @param texts what was written for each option
 * @returns the values in the types that the command wants
 */
export function commandOptions(
  world: World,
  name: string,
  texts: Record<string, string>,
): Record<string, string | number | boolean> {
  const commands = [...commandsOf(world, world.guild.id), ...commandsOf(world, null)];
  const known = commands.find((command) => command.name === name)?.options ?? [];
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => {
      const type = known.find((option) => option.name === key)?.type;
      if (type === Option.Boolean) return [key, /^(true|yes|on|1)$/i.test(text)];
      if (type === Option.Integer || type === Option.Number) return [key, Number(text)];
      return [key, text];
    }),
  );
}
