/**
 * What "Discord" holds: plain JSON data, so that a snapshot is `JSON.stringify` and nothing more.
 */
import type {
  APIApplicationCommand,
  APIEmbed,
  APIInteractionDataResolved,
  ChannelType,
  MessageType,
} from "discord-api-types/v10";

/** A person or a bot. */
export interface UserState {
  id: string;
  username: string;
  globalName: string | null;
  bot: boolean;
  avatar: string | null;
}

/** A role; the one with the guild's id is `@everyone`. */
export interface RoleState {
  id: string;
  name: string;
  /** Permission bits in decimal. */
  permissions: string;
  position: number;
  mentionable: boolean;
  /** The bot it belongs to, for the role that an invite makes. */
  botId?: string;
}

/** A user in the guild. */
export interface MemberState {
  userId: string;
  nick: string | null;
  roles: string[];
  joinedAt: string;
  timedOutUntil: string | null;
  /** The hash of a picture that they have in this server alone. */
  avatar?: string | null;
}

/** What a channel allows or denies to a role (0) or a member (1). */
export interface OverwriteState {
  id: string;
  type: 0 | 1;
  allow: string;
  deny: string;
}

/** A tag of a forum channel. */
export interface TagState {
  id: string;
  name: string;
  moderated: boolean;
}

/** What only threads have. */
export interface ThreadState {
  ownerId: string;
  archived: boolean;
  locked: boolean;
  invitable: boolean;
  autoArchiveMinutes: number;
  archiveTimestamp: string;
  createTimestamp: string;
  appliedTags: string[];
  /** Excludes the starter message and what was deleted; `totalMessageSent` never shrinks. */
  messageCount: number;
  totalMessageSent: number;
  memberIds: string[];
}

/** A channel or a thread. */
export interface ChannelState {
  id: string;
  type: ChannelType;
  name: string;
  parentId: string | null;
  position: number;
  topic: string | null;
  nsfw: boolean;
  overwrites: OverwriteState[];
  rateLimitPerUser: number;
  lastMessageId: string | null;
  flags: number;
  tags: TagState[];
  thread?: ThreadState;
}

/** A file of a message; its bytes are in {@link GuildData.files}, as pictures of users are by their hashes. */
export interface AttachmentState {
  id: string;
  filename: string;
  title?: string;
  description?: string;
  contentType: string;
  size: number;
  width?: number;
  height?: number;
}

/** A reaction and who gave it. */
export interface ReactionState {
  emoji: { id: string | null; name: string };
  userIds: string[];
}

/** A message in a channel or thread. */
export interface MessageState {
  id: string;
  channelId: string;
  type: MessageType;
  authorId: string;
  /** For what a webhook wrote: its own name and picture. */
  webhook?: { id: string; name: string; avatar: string | null; applicationId: string | null };
  content: string;
  timestamp: string;
  editedTimestamp: string | null;
  mentionIds: string[];
  mentionRoleIds: string[];
  mentionEveryone: boolean;
  attachments: AttachmentState[];
  embeds: APIEmbed[];
  reactions: ReactionState[];
  flags: number;
  tts: boolean;
  nonce?: string | number;
  reference?: { type: 0 | 1; channelId: string; messageId?: string };
  stickers?: { id: string; name: string; format_type: number }[];
  /** Parts that the simulator carries and shows but does not interpret: components, poll, message_snapshots. */
  extra?: Record<string, unknown>;
  /** The slash command this answers. */
  interactionId?: string;
}

/** An incoming webhook. */
export interface WebhookState {
  id: string;
  channelId: string;
  name: string;
  avatar: string | null;
  token: string;
  applicationId: string | null;
  creatorId: string;
}

/** Someone used a command: what the application must answer. */
export interface InteractionState {
  id: string;
  token: string;
  channelId: string;
  userId: string;
  command: string;
  createdAtMs: number;
  acknowledged: boolean;
  /** Answers: in the channel or, when ephemeral, only here. */
  responses: MessageState[];
  resolved?: APIInteractionDataResolved;
}

/** The whole of it: one guild and the application that lives in it. */
export interface GuildData {
  version: 1;
  lastId: string;
  guild: { id: string; name: string; ownerId: string; unavailable: boolean; botPresent: boolean };
  applicationId: string;
  botId: string;
  users: UserState[];
  roles: RoleState[];
  members: MemberState[];
  channels: ChannelState[];
  messages: MessageState[];
  webhooks: WebhookState[];
  commands: { guildId: string | null; command: APIApplicationCommand }[];
  interactions: InteractionState[];
  /** Bytes of attachments in base64, by attachment id. */
  files: Record<string, string>;
}
