import type { Asker } from "../limits/visitor_limits.ts";
import { type ClientFrame, CloseCode, HELLO_TIMEOUT_MS, type HelloFrame } from "../protocol.ts";
import { Refusal } from "../refusal.ts";
import { Attendance } from "./attendance.ts";
import type { SessionContext } from "./context.ts";
import { FrameGate } from "./frame_gate.ts";
import { FrameWriter } from "./frame_writer.ts";
import { recognise, welcome } from "./greeting.ts";
import { Refusals } from "./refusals.ts";
import { SendHold } from "./send_hold.ts";
import type { SocketPort } from "./socket_port.ts";
import { VisitorConversation } from "./visitor_conversation.ts";

/** How many frames may wait while a visitor is being recognised. */
const MAX_EARLY_FRAMES = 100;

/** Whoever is closed with these may be sending still. */
const FOR_WHAT_THEY_SEND: ReadonlySet<number> = new Set([
  CloseCode.tooBig,
  CloseCode.notProtocol,
  CloseCode.tooMany,
  CloseCode.overloaded,
]);

type LaterFrame = Exclude<ClientFrame, HelloFrame>;

type Phase =
  | { readonly name: "waiting"; readonly cancelTimeout: () => void }
  | { readonly name: "greeting"; readonly early: LaterFrame[] }
  | { readonly name: "open"; readonly attendance: Attendance; readonly end: () => void }
  | { readonly name: "closed" };

/** One socket of a visitor, from its first frame to its end. */
export class VisitorSession {
  readonly #context: SessionContext;
  readonly #socket: SocketPort;
  readonly #hold: SendHold;
  readonly #gate: FrameGate;
  readonly #writer: FrameWriter;
  readonly #refusals: Refusals;
  #asker: Asker;
  #phase: Phase;

  /** @param prefix the address behind the socket, see {@link Asker} */
  constructor(context: SessionContext, socket: SocketPort, prefix: string) {
    this.#context = context;
    this.#socket = socket;
    this.#hold = new SendHold(context.clock);
    this.#gate = new FrameGate(context.rates, context.clock, this.#hold);
    this.#writer = new FrameWriter(socket, context.clock, () => this.#giveUp());
    this.#refusals = new Refusals(this.#writer, context.metrics);
    this.#asker = { prefix };
    const cancelTimeout = context.clock.after(
      HELLO_TIMEOUT_MS,
      () => this.close(CloseCode.noHello, "no hello in time"),
    );
    this.#phase = { name: "waiting", cancelTimeout };
  }

  /** Takes in what the socket received. */
  receive(data: unknown): void {
    if (this.#phase.name === "closed") return;
    const { frame, refusal, to, end } = this.#gate.judge(data, this.#asker, this.#phase.name === "waiting");
    if (refusal !== undefined) this.#refusals.tell(refusal, to);
    if (end !== undefined) this.close(end.code, end.reason);
    else if (frame !== undefined) this.#accept(frame);
  }

  #giveUp(): void {
    this.#context.logger.info("Closed a socket that reads too slowly", { uid: this.#asker.uid });
    this.close(CloseCode.overloaded, "reading too slowly");
  }

  /** The socket has ended, or is to end with a code. Does nothing the second time. */
  close(code?: number, reason = ""): void {
    const phase = this.#phase;
    if (phase.name === "closed") return;
    if (phase.name === "waiting") phase.cancelTimeout();
    if (phase.name === "open") phase.end();
    this.#phase = { name: "closed" };
    if (code === undefined) return;
    this.#socket.close(code, reason, { whenQuiet: FOR_WHAT_THEY_SEND.has(code) });
  }

  #accept(frame: ClientFrame): void {
    const phase = this.#phase;
    if (frame.type === "hello") {
      if (phase.name === "waiting") phase.cancelTimeout();
      this.#phase = { name: "greeting", early: [] };
      this.#greet(frame).catch((error) => this.#refuseGreeting(error));
    } else if (phase.name === "open") {
      phase.attendance.handle(frame);
    } else if (phase.name === "greeting") {
      if (phase.early.length < MAX_EARLY_FRAMES) phase.early.push(frame);
      else this.close(CloseCode.tooMany, "too many frames before welcome");
    }
  }

  async #greet(hello: HelloFrame): Promise<void> {
    const started = performance.now();
    const context = this.#context;
    const recognised = await recognise(hello, context, this.#asker.prefix);
    const { visitor } = recognised;
    const asker = this.#asker = { ...this.#asker, uid: visitor.uid };
    const conversation = await VisitorConversation.open(context, visitor, asker, hello);
    if (await conversation.isBlocked()) {
      this.#refusals.tell(new Refusal("blocked", "Cannot open the conversation: it is blocked"));
      this.close(CloseCode.forbidden, "blocked");
      return;
    }
    const [writer, refusals, hold] = [this.#writer, this.#refusals, this.#hold];
    const close = this.close.bind(this);
    const attendance = new Attendance({ context, conversation, asker, writer, refusals, hold, close });
    const isThere = (): boolean => this.#phase.name === "greeting";
    const leave = await welcome({
      hello,
      recognised,
      conversation,
      attendance,
      context,
      writer,
      refusals,
      isThere,
    });
    const phase = this.#phase;
    if (leave === undefined) return;
    // The welcome itself may have been too much for a socket that does not read.
    if (phase.name !== "greeting") return leave();
    context.metrics.welcomed(performance.now() - started);
    const end = (): void => {
      leave();
      context.metrics.left();
    };
    this.#phase = { name: "open", attendance, end };
    for (const frame of phase.early) this.#accept(frame);
  }

  #refuseGreeting(error: unknown): void {
    this.#context.logger.error("Cannot welcome a visitor", { uid: this.#asker.uid, error });
    this.#refusals.tell(new Refusal("overloaded", "Cannot open the conversation now: try again later"));
    this.close(CloseCode.overloaded, "try again later");
  }
}
