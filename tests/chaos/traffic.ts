import type { Conversation } from "./conversation.ts";
import type { SeededRandom } from "./random.ts";
import type { Tally } from "./tally.ts";

/** What people do, by how often. */
const DEEDS = {
  "message": 45,
  "burst": 2,
  "long message": 2,
  "file": 2,
  "edit": 8,
  "edit that grows": 1,
  "deletion": 4,
  "lost line": 4,
  "answer": 24,
  "answer with a file": 2,
  "edited answer": 6,
  "deleted answer": 3,
  "/close": 2,
  "/reopen": 1,
};

type Deed = keyof typeof DEEDS;

/** Deeds of one conversation in a second. */
const PACE = 0.3;

const STAFF = ["Alice", "Bob", "everyone", "ChatBox50"];

/** How many messages back people change something. */
const CHANGED_BACK = 6;

/** People who write, change and take back, at the moments that the seed gives. */
export class Traffic {
  readonly #conversations: readonly Conversation[];
  readonly #random: SeededRandom;
  readonly #tally: Tally;
  /** What visitors write besides: mentions of those who are there. */
  readonly #garnish: readonly string[];
  readonly #uploads = new Set<Promise<void>>();

  constructor(
    conversations: readonly Conversation[],
    random: SeededRandom,
    tally: Tally,
    garnish: readonly string[],
  ) {
    this.#conversations = conversations;
    this.#random = random;
    this.#tally = tally;
    this.#garnish = garnish;
  }

  /** How long until somebody does something again, in milliseconds. */
  nextPauseMs(): number {
    return -Math.log(1 - this.#random.fraction()) * 1_000 / (PACE * this.#conversations.length);
  }

  /** Somebody does something. */
  next(): void {
    const conversation = this.#random.pick(this.#conversations);
    const deed = this.#random.weighted(DEEDS);
    if (this.#do(deed, conversation)) this.#tally.count(deed);
  }

  /** Resolves when no upload is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#uploads);
  }

  #do(deed: Deed, conversation: Conversation): boolean {
    const random = this.#random;
    const garnish = this.#garnish;
    switch (deed) {
      case "message":
        conversation.say({ words: 1 + random.below(8), garnish }, this.#replyTo(conversation));
        return true;
      case "burst":
        for (let left = 3 + random.below(20); left > 0; left--) conversation.say({ words: 3, garnish });
        return true;
      case "long message":
        conversation.say({ words: 100 + random.below(200), garnish });
        return true;
      case "file":
        return this.#upload(conversation);
      case "edit":
      case "edit that grows":
      case "deletion":
      case "lost line":
        return this.#change(deed, conversation);
      case "answer":
      case "answer with a file":
        return conversation.answer(this.#voice(conversation), 1 + random.below(10), {
          ...this.#quoted(conversation),
          file: deed === "answer with a file",
        });
      case "/close":
      case "/reopen":
        return conversation.command(this.#voice(conversation), deed === "/close" ? "close" : "reopen");
      case "edited answer":
      case "deleted answer":
        return this.#changeAnswer(deed, conversation);
    }
  }

  #replyTo({ visitor }: Conversation): number | undefined {
    const { messages } = visitor.state;
    return messages.length > 0 && this.#random.chance(0.1) ? this.#random.pick(messages).seq : undefined;
  }

  #quoted({ posted }: Conversation): { readonly replyTo?: string } {
    return posted.length > 0 && this.#random.chance(0.1) ? { replyTo: this.#random.pick(posted).id } : {};
  }

  #upload(conversation: Conversation): boolean {
    if (conversation.visitor.state.connection.status !== "open") return false;
    const upload = conversation.sayWithFile({ words: 1 + this.#random.below(4), garnish: this.#garnish })
      .then((isSaid) => {
        if (!isSaid) this.#tally.count("file refused");
        this.#uploads.delete(upload);
      });
    this.#uploads.add(upload);
    return true;
  }

  /** Each thread has its agent. */
  #voice({ index }: Conversation): string {
    return STAFF[index % STAFF.length] ?? "Alice";
  }

  #change(deed: Deed, conversation: Conversation): boolean {
    const { visitor } = conversation;
    if (deed === "lost line") {
      visitor.cut();
      return true;
    }
    const recent = visitor.own.slice(-CHANGED_BACK).filter(({ deleted }) => deleted !== true);
    if (recent.length === 0 || visitor.state.connection.status !== "open") return false;
    const { seq } = this.#random.pick(recent);
    if (deed === "deletion") conversation.takeBack(seq);
    else if (deed === "edit") conversation.shorten(seq);
    else conversation.grow(seq, { words: 50 + this.#random.below(200), garnish: this.#garnish });
    return true;
  }

  #changeAnswer(deed: Deed, conversation: Conversation): boolean {
    const recent = conversation.answers.slice(-CHANGED_BACK);
    if (recent.length === 0) return false;
    const message = this.#random.pick(recent);
    if (deed === "edited answer") conversation.editAnswer(this.#voice(conversation), message);
    else conversation.deleteAnswer(this.#voice(conversation), message);
    return true;
  }
}
