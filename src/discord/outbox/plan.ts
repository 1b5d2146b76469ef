import type { FileReference, JsonValue, Uuid } from "../../core/mod.ts";
import { escapeMarkdown } from "../text/escape.ts";
import type { Parcel } from "./pack.ts";
import type { DiscordMessage } from "../ports.ts";
import { isSnowflake, type Snowflake } from "../snowflake.ts";

/** A message to post, fixed before the first try. */
export interface PostStep {
  readonly do: "post";
  readonly nonce: string;
  readonly content: string;
  /** The Discord message that it answers, or the number of the earlier step that makes it. */
  readonly replyTo?: Snowflake | number;
  readonly files?: readonly FileReference[];
  /** The visitor under whose name it is posted. */
  readonly as?: Persona;
}

/** A visitor who speaks under their own name. */
export interface Persona {
  /** As a webhook takes it. */
  readonly name: string;
  /** As it stands before a text when the bot has to speak. */
  readonly shown: string;
  readonly uid: Uuid;
  /** The webhook that was there when the plan was made: what it has said is ours, whatever becomes of it. */
  readonly webhook?: Snowflake;
}

/** A post whose turn has come: what it answers is there. */
export type DuePost = Omit<PostStep, "replyTo"> & { readonly replyTo?: Snowflake };

/** One call to Discord, fixed before the first try. */
export type Step =
  | PostStep
  | { readonly do: "edit"; readonly id: Snowflake; readonly content: string }
  | { readonly do: "delete"; readonly id: Snowflake };

/** Which Discord messages hold a message of ours: ids, or the numbers of the steps that will make them. */
export interface PlannedIds {
  readonly seq: number;
  readonly ids: readonly (Snowflake | number)[];
}

/**
 * What is to be done in a thread, in order, kept on disk before the first try so that a second one, even after a crash,
 * does exactly the same (X3).
 */
export interface Plan {
  readonly v: 1;
  readonly thread: Snowflake;
  /** Everything that the plan's posts could be is after this id. */
  readonly after: Snowflake;
  readonly steps: readonly Step[];
  readonly ids: readonly PlannedIds[];
  /** With the plan done, all new messages up to this one have arrived; 0 when the plan only makes changes. */
  readonly seq: number;
  /** With the plan done, all changes up to this one have been seen to; nothing of the kind when left out. */
  readonly rev?: number;
  /** The state in which each message went into the plan: `[seq, rev]`. */
  readonly revs: readonly (readonly [number, number])[];
}

/** Nonces are unique for a bot, not for a channel, so everything that tells two posts apart goes in. */
export interface NonceSource {
  readonly kind: "message" | "edit" | "refused" | "starter" | "stray" | "note";
  readonly uid: Uuid;
  /** Where it is sent: a conversation that moves to a new thread sends anew. */
  readonly place: Snowflake;
  readonly seq: number;
  readonly rev: number;
  readonly part: number;
}

/** A nonce for a post: the same for the same source, 24 characters of the 25 that Discord takes. */
export async function nonceOf({ kind, uid, place, seq, rev, part }: NonceSource): Promise<string> {
  const source = new TextEncoder().encode([kind, uid, place, seq, rev, part].join("/"));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", source));
  return Array.from(hash.subarray(0, 12), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The ids of messages that `parcels` will hold, whose first step has the number `firstStep`. */
export function idsOf(
  parcels: readonly Parcel[],
  place: (index: number) => Snowflake | number,
): PlannedIds[] {
  const bySeq = new Map<number, (Snowflake | number)[]>();
  parcels.forEach(({ seqs }, index) => {
    for (const seq of seqs) bySeq.set(seq, [...bySeq.get(seq) ?? [], place(index)]);
  });
  return [...bySeq].map(([seq, ids]) => ({ seq, ids }));
}

/**
 * Finds which posts of a plan Discord has already. They were sent one after the other, so they are the first ones, in
 * order; our own messages in between that are none of them do not matter.
 *
 * @param messages those after `plan.after`, oldest first
 * @returns step number to id
 */
export function alreadyPosted(
  plan: Plan,
  messages: readonly DiscordMessage[],
  isOwn: (message: DiscordMessage) => boolean,
): Map<number, Snowflake> {
  const found = new Map<number, Snowflake>();
  const posts = plan.steps.flatMap((step, number) => step.do === "post" ? [{ step, number }] : []);
  const own = messages.filter(isOwn);
  let next = 0;
  for (const { step, number } of posts) {
    const index = own.findIndex((message, at) => at >= next && isPostOf(step, message));
    const match = own[index];
    if (match === undefined) break;
    found.set(number, match.id);
    next = index + 1;
  }
  return found;
}

/** What stands before the words of a visitor whom the bot speaks for. @param shown their name, in Discord's markdown */
export function prefixOf(shown: string): string {
  return `**${shown}:** `;
}

/** Whether a message is what a step makes; one whose files Discord did not take has lines for them instead. */
function isPostOf({ content, files = [], as }: PostStep, message: DiscordMessage): boolean {
  const byBot = as === undefined ? content : `${prefixOf(as.shown)}${content}`.trim();
  if (message.content === content || message.content === byBot) {
    return message.attachments.length === files.length;
  }
  return files.length > 0 && message.attachments.length < files.length &&
    message.content.startsWith(content) &&
    files.some(({ name }) => message.content.includes(escapeMarkdown(name)));
}

/** Gives a plan the form in which it is kept. */
export function planToNote(plan: Plan): JsonValue {
  // A plan is JSON already; its types are interfaces, which the type of JSON does not take.
  return JSON.parse(JSON.stringify(plan)) as JsonValue;
}

/** Reads a kept plan; `undefined` when there is none, or a newer program wrote it. */
export function planFromNote(note: JsonValue | undefined): Plan | undefined {
  if (typeof note !== "object" || note === null || !("v" in note) || note.v !== 1) return undefined;
  const plan = note as unknown as Plan;
  // Written by `planToNote` into our own store: the version and the ids stand for the rest.
  return isSnowflake(plan.thread) && isSnowflake(plan.after) && Array.isArray(plan.steps) ? plan : undefined;
}
