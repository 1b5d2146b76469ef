import type { Message, ServerFrame, WelcomeFrame } from "../../../src/web/protocol.ts";

/** A visitor's public id and session for tests. */
export const UID = "11111111-1111-4111-8111-111111111111";
export const SESSION = `${UID}.secret`;

/** A message from staff, unless said otherwise. */
export function message(seq: number, parts: Partial<Message> = {}): Message {
  return {
    seq,
    rev: seq,
    from: "agent",
    author: { name: "Mika" },
    content: `message ${seq}`,
    at: 1_000 + seq,
    ...parts,
  };
}

/** Messages with these `seq`s, both included. */
export function messages(first: number, last: number): Message[] {
  return Array.from({ length: last - first + 1 }, (_, index) => message(first + index));
}

/** A welcome to an empty conversation, unless said otherwise. */
export function welcome(parts: Partial<WelcomeFrame> = {}): WelcomeFrame {
  const last = parts.messages?.at(-1);
  return {
    type: "welcome",
    v: 1,
    uid: UID,
    rev: last?.rev ?? 0,
    messages: [],
    more: false,
    reset: false,
    agents: "online",
    now: 1_700_000_000_000,
    limits: { content: 4_000, files: 0, fileBytes: 0 },
    ...parts,
  };
}

/** New or changed messages, with the rev of the last. */
export function news(...messages: Message[]): ServerFrame {
  return { type: "messages", messages, rev: Math.max(...messages.map((message) => message.rev)) };
}
