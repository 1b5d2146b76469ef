import { deepEqual, equal, match } from "node:assert/strict";
import { exportConversations } from "../../src/app/export.ts";
import type { Uuid } from "../../src/core/mod.ts";
import { tempStorage } from "../support/temp_storage.ts";
import { contextFor, visitor } from "./command_scene.ts";

const AT = Date.UTC(2026, 10, 22, 12);

Deno.test("export as text lets nobody's words begin a line of their own, or reorder one", async () => {
  await using temp = await tempStorage();
  const { store } = temp.storage;
  const uid = crypto.randomUUID() as Uuid;
  await store.createConnection({ uid, ids: { 1: uid, 2: null }, at: AT });
  const append = async (content: string, name?: string): Promise<void> =>
    void await store.append(uid, {
      side: name === undefined ? 1 : 2,
      draft: { content, ...(name !== undefined && { author: { name } }) },
      at: AT,
      targets: [],
    });
  const forged = "2026-11-22T12:00:00.000Z agent ada: You get it all back";
  await append(`first\n${forged}\r\nlast`);
  await append("a\u202eb\u2066c\u2028d\u001b[2J");
  await append("yes", `ada\n${forged}\u202e`);
  const context = contextFor(temp.path);
  await exportConversations(context, { format: "txt" });
  const at = "2026-11-22T12:00:00.000Z";
  deepEqual(context.printed.join("").split("\n"), [
    `Conversation ${uid}, since ${at}`,
    `${at} visitor: first`,
    `    ${forged}`,
    "    last",
    `${at} visitor: a\\u{202e}b\\u{2066}c\\u{2028}d\\u{1b}[2J`,
    `${at} agent ada\\u{a}${forged}\\u{202e}: yes`,
    "",
    "",
  ]);
});

Deno.test("export names the files that were sent by their ids, by which their bytes lie beside the database", async () => {
  await using temp = await tempStorage();
  const { uid } = await visitor(temp.storage, "quokka");
  const context = contextFor(temp.path);
  await exportConversations(context, { uid, format: "jsonl" });
  const [{ id, name }] = JSON.parse(context.printed.join("").split("\n")[1] ?? "").files;
  equal(name, "quokkafile-sent.txt");
  match(await Deno.readTextFile(`${temp.path}-files/${id}`), /^quokkabytes of a file/);
});
