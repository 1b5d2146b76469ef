import type { ConnectionEvent } from "../../core/mod.ts";
import type { Visitor } from "../identity.ts";
import { type HelloFrame, PROTOCOL_VERSION } from "../protocol.ts";
import { Refusal } from "../refusal.ts";
import type { Attendance } from "./attendance.ts";
import type { SessionContext } from "./context.ts";
import type { FrameWriter } from "./frame_writer.ts";
import type { Refusals } from "./refusals.ts";
import type { VisitorConversation } from "./visitor_conversation.ts";

/** Who has said hello. */
export interface Recognised {
  readonly visitor: Visitor;
  /** Why they are not signed in, although they wanted to. */
  readonly refusal?: Refusal;
}

/**
 * Finds out who says hello. Whoever cannot be signed in stays anonymous, and is told so.
 *
 * @param prefix the address behind the socket
 */
export async function recognise(
  { session, identity: claim }: HelloFrame,
  { identity, signIn, signInWarnings }: Pick<SessionContext, "identity" | "signIn" | "signInWarnings">,
  prefix: string,
): Promise<Recognised> {
  if (claim?.token === undefined) return { visitor: await identity.recognise(session) };
  try {
    return { visitor: await identity.signIn(session, await signIn.verify(claim.token)) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    signInWarnings.refused(error, prefix);
    return { visitor: await identity.recognise(session), refusal: error };
  }
}

/** What a welcome needs. */
export interface WelcomeOptions {
  readonly hello: HelloFrame;
  readonly recognised: Recognised;
  readonly conversation: VisitorConversation;
  readonly attendance: Attendance;
  readonly context: SessionContext;
  readonly writer: FrameWriter;
  readonly refusals: Refusals;
  /** Whether the socket is still there. */
  readonly isThere: () => boolean;
}

/**
 * Welcomes a visitor with what they have missed, and from then on tells them what happens.
 *
 * @returns what to call when their socket has ended; `undefined` when it has ended already
 */
export async function welcome(options: WelcomeOptions): Promise<(() => void) | undefined> {
  const { hello, recognised, conversation, attendance, context, writer, refusals, isThere } = options;
  const { presence, clock, limits } = context;
  const { uid, issued } = recognised.visitor;
  // Listen first and look then: what comes in between is held back, and told after the welcome if that has not told it.
  let held: ConnectionEvent[] | undefined = [];
  const unsubscribe = conversation.subscribe((event) =>
    held === undefined ? attendance.tell(event) : held.push(event)
  );
  try {
    // A cursor counts in the conversation from which it is.
    const isSame = hello.session?.startsWith(`${uid}.`) === true;
    const caughtUp = await conversation.catchUp(isSame ? hello.after : 0);
    const { delivered, read, seen } = await conversation.progress();
    if (!isThere()) {
      unsubscribe();
      return undefined;
    }
    writer.frame({
      type: "welcome",
      v: PROTOCOL_VERSION,
      uid,
      ...(issued !== undefined && { session: issued }),
      ...caughtUp,
      reset: caughtUp.reset || (!isSame && hello.after > 0),
      agents: presence.state,
      ...(seen > 0 && { seen }),
      now: clock.now(),
      limits,
    });
    if (recognised.refusal !== undefined) refusals.tell(recognised.refusal);
    if (delivered > 0) writer.frame({ type: "delivered", seq: delivered });
    if (read > 0) writer.frame({ type: "read", seq: read });
    const events = held;
    held = undefined;
    for (const event of events) {
      if (event.type !== "message" || event.message.rev > caughtUp.rev) attendance.tell(event);
    }
    const leave = presence.subscribe((agents) => writer.frame({ type: "presence", agents }));
    return () => {
      unsubscribe();
      leave();
    };
  } catch (error) {
    unsubscribe();
    throw error;
  }
}
