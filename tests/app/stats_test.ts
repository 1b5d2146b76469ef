import { match } from "node:assert/strict";
import { stats } from "../../src/app/stats.ts";
import { tempStorage } from "../support/temp_storage.ts";
import { contextFor, visitor } from "./command_scene.ts";

Deno.test("stats counts the conversations that wait for Discord, and no others", async () => {
  await using temp = await tempStorage();
  // Two of three wait for Discord, one of them for its visitor as well.
  const [one, , three] = [
    await visitor(temp.storage, "quokka"),
    await visitor(temp.storage, "wombat"),
    await visitor(temp.storage, "numbat"),
  ];
  const at = 1_700_000_001_000;
  await temp.storage.store.append(one.uid, { side: 2, draft: { content: "answer" }, at, targets: [1] });
  await temp.storage.store.confirm(three.uid, 2, { seq: 10, rev: 10 });
  // The last word is staff's own: nothing is to be brought to them.
  await temp.storage.store.append(three.uid, { side: 2, draft: { content: "answer" }, at, targets: [] });
  const context = contextFor(temp.path);
  await stats(context);
  match(context.printed.join(""), /^Conversations +3$/m);
  match(context.printed.join(""), /^Conversations that wait for Discord +2$/m);
});
