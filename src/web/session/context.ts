import type { Clock, Logger } from "../../core/mod.ts";
import type { Identity } from "../identity.ts";
import type { WebMetrics } from "../metrics.ts";
import type { Presence } from "../presence.ts";
import type { Limits } from "../protocol.ts";
import type { SignIn } from "../sign_in.ts";
import type { SignInWarnings } from "../sign_in_warnings.ts";
import type { ConversationContext } from "./visitor_conversation.ts";

/** What all sessions share. */
export interface SessionContext extends ConversationContext {
  readonly identity: Identity;
  readonly signIn: SignIn;
  readonly signInWarnings: SignInWarnings;
  readonly clock: Clock;
  readonly presence: Presence;
  readonly logger: Logger;
  readonly limits: Limits;
  readonly metrics: WebMetrics;
}
