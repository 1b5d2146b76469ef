import type { Connection } from "../core/mod.ts";
import { CatchUp } from "./intake/catch_up.ts";
import { ChannelOfThreads } from "./home/channel_of_threads.ts";
import { Commands } from "./commands/commands.ts";
import { InteractionCalls } from "./commands/interaction.ts";
import { Courtesies } from "./courtesies.ts";
import { Desk } from "./desk.ts";
import { Explanation } from "./home/explanation.ts";
import { Attachments } from "./files/attachments.ts";
import type { GuildBook } from "./home/guild_book.ts";
import type { Bot, FindHome } from "./home/home.ts";
import { Inbox } from "./intake/inbox.ts";
import { Intake } from "./intake/intake.ts";
import { Outbox } from "./outbox/outbox.ts";
import { Arrears } from "./owed/arrears.ts";
import { ThreadFace } from "./owed/thread_face.ts";
import { isOwn } from "./own.ts";
import { Permission } from "./home/permissions.ts";
import { Webhooks } from "./persona/webhooks.ts";
import { Poster } from "./outbox/poster.ts";
import type { DiscordInteraction, DiscordProblem, DiscordRest } from "./ports.ts";
import { TOKEN_PROBLEM } from "./home/problems.ts";
import { openRest } from "./rest/rest.ts";
import { RestCaller } from "./rest/rest_manager.ts";
import { Refusals } from "./refusals/refusals.ts";
import type { DiscordServiceOptions } from "./service_options.ts";
import { Staff } from "./staff.ts";
import { StrayThreads } from "./threads/stray_threads.ts";
import { ThreadMaker } from "./threads/threads.ts";

/** What the service is made of. */
export interface ServiceParts {
  /** Why no call goes out at present although Discord can be reached. */
  readonly stopped: () => string | undefined;
  readonly rest: DiscordRest;
  readonly interactions: InteractionCalls;
  readonly webhooks: Webhooks;
  readonly refusals: Refusals;
  readonly outbox: Outbox;
  readonly threads: ThreadMaker;
  readonly strays: StrayThreads;
  readonly intake: Intake;
  readonly commands: Commands;
  readonly courtesies: Courtesies;
  readonly arrears: Arrears;
  readonly explanation: Explanation;
  readonly channelOfThreads: ChannelOfThreads;
}

/** What the parts learn of the present. */
export interface Surroundings {
  readonly book: GuildBook;
  readonly home: FindHome;
  readonly bot: () => Bot | undefined;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Something that a stop waits for. It must not reject. */
  readonly attend: (work: Promise<void>) => void;
  /** The bot sees its channel again, after it did not. */
  readonly onSight: () => void;
  /** Told what only a person can put right. */
  readonly problem: (problem: DiscordProblem) => void;
}

/** Builds the parts and ties them together; nothing is begun yet. */
export function buildParts(options: DiscordServiceOptions, around: Surroundings): ServiceParts {
  const { worker, logger, clock, files, fileLink, persona = "bot", reopenOn = "message" } = options;
  const { book, home, bot, signal, random } = around;
  const now = (): number => clock.now();
  const caller = new RestCaller({ ...options, onTokenRefused: () => around.problem(TOKEN_PROBLEM) });
  const rest = openRest(caller);
  const interactions = new InteractionCalls(caller, logger);
  const webhooks = new Webhooks({ caller, home, logger, now });
  const refusals = new Refusals({
    rest,
    home,
    clock,
    logger,
    signal,
    onOver: around.onSight,
    onChange: () => worker.resumeDeliveries(),
  });
  const shared = { worker, rest, home, logger, now, refusals };
  const patient = { worker, rest, logger, clock, random, signal, attend: around.attend };
  const face = new ThreadFace({ ...patient, home });
  const courtesies = new Courtesies(patient);
  const desk = new Desk({ ...shared, face, reopenOn });
  const poster = new Poster({ rest, webhooks, home, persona, files, fileLink, logger });
  const outbox = new Outbox({ ...shared, poster, desk, persona, webhooks, fileLink, signal });
  const staff = new Staff({
    role: options.staffRole,
    rest,
    rolesIn: (guildId) => book.roles(guildId),
    now,
  });
  const explanation = new Explanation({ rest, book, staffRole: options.staffRole, logger });
  const inbox = new Inbox({
    worker,
    rest,
    isOwn: (message) => isOwn(message, bot(), (id) => webhooks.isOwn(id)),
    isSelf: (id) => id === bot()?.id,
    staff,
    attachments: new Attachments({
      files,
      rest,
      side: worker.side,
      apiUrl: options.apiUrl,
      clock,
      logger,
      signal,
    }),
    desk,
    notePrefix: options.notePrefix ?? "//",
    names: { role: (id) => book.roleName(id), channel: (id) => book.channel(id)?.name },
    onStaffActive: () => options.onStaffActive?.(clock.now()),
    onEmpty: (about) => explanation.emptyMessage(about),
  });
  const catchUp = new CatchUp({ worker, rest });
  const threads = new ThreadMaker(shared);
  const visitorOf = (name: string): Connection | undefined => threads.visitorOf(name);
  const strays = new StrayThreads({ ...shared, clock, random, signal, visitorOf });
  const intake = new Intake({
    worker,
    inbox,
    catchUp,
    logger,
    clock,
    random,
    signal,
    onNobodys: (found) => around.attend(strays.heard(found)),
    isElsewhere: (thread) => {
      const parent = book.parentOf(thread);
      const channel = home()?.channel;
      return parent !== undefined && channel !== undefined && parent !== channel.id;
    },
  });
  const mayWrite = ({ permissions, user }: DiscordInteraction): boolean => {
    const channel = home()?.channel;
    const bits = permissions ?? (channel === undefined ? 0n : book.memberBits(channel, user));
    return (bits & Permission["Send Messages in Threads"]) !== 0n;
  };
  const commands = new Commands({
    worker,
    rest,
    calls: interactions,
    desk,
    logger,
    now,
    isAllowed: async (interaction) => mayWrite(interaction) && await staff.has(interaction.user, interaction),
    applicationId: () => bot()?.applicationId,
    inTurn: (thread, work) => intake.after(thread, work),
  });
  return {
    stopped: () => caller.stopped,
    rest,
    interactions,
    webhooks,
    refusals,
    outbox,
    threads,
    strays,
    intake,
    commands,
    courtesies,
    arrears: new Arrears({ worker, face, courtesies, logger }),
    explanation,
    channelOfThreads: new ChannelOfThreads({ worker, rest, book, clock }),
  };
}
