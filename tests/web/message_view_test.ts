import { deepEqual } from "node:assert/strict";
import { type Message as Stored, randomUuid } from "../../src/core/mod.ts";
import { viewMessage } from "../../src/web/message_view.ts";

const STORED: Stored = { uid: randomUuid(), seq: 3, rev: 7, side: 2, content: "x", createdAt: 5 };
const VIEW = { seq: 3, rev: 7, from: "agent", content: "x", at: 5 };
const FILE = { id: "f", name: "a.png", type: "image/png", size: 1, width: 2, height: 3 };
const NODES = [{ type: "bold", children: [{ type: "text", text: "x" }] }];
const avatarPath = (address: string): string | undefined =>
  address === "https://a.example/a.png" ? "/avatars/a" : undefined;

for (
  const [what, more, shown] of [
    ["no more than there is", {}, {}],
    ["whoever wrote it for the staff", { author: { name: "Ada" } }, { author: { name: "Ada" } }],
    ["their picture on this server", { author: { name: "Ada", avatar: "https://a.example/a.png" } }, {
      author: { name: "Ada", avatar: "/avatars/a" },
    }],
    ["no picture on another server", { author: { name: "Ada", avatar: "https://b.example/a.png" } }, {
      author: { name: "Ada" },
    }],
    ["nobody's name for the visitor's own", { side: 1, author: { name: "Bob" } }, { from: "visitor" }],
    ["the system as such", { data: { system: true } }, { from: "system" }],
    ["the formatted words, and nothing else of the data", { data: { nodes: NODES, secret: "s" } }, {
      nodes: NODES,
    }],
    ["no nodes that are none", { data: { nodes: "<b>" } }, {}],
    ["when it was edited", { editedAt: 9 }, { editedAt: 9 }],
    ["that it was deleted, not when", { deletedAt: 9, content: "" }, { deleted: true, content: "" }],
    ["what it answers", { replyTo: 2 }, { replyTo: 2 }],
    ["its files", { files: [FILE] }, { files: [FILE] }],
    ["why it could not be delivered", { side: 1, failed: "locked" }, { from: "visitor", failed: "locked" }],
    ["nothing of its cid", { side: 1, cid: "c" }, { from: "visitor" }],
  ] as const
) {
  Deno.test(`Contract: viewMessage shows ${what}`, () => {
    deepEqual(viewMessage({ ...STORED, ...more } as Stored, avatarPath), { ...VIEW, ...shown });
  });
}
