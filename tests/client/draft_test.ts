import assert from "node:assert/strict";
import { Draft } from "../../src/client/draft.ts";

/** The value that a tab keeps. */
function tab(value: string | null = null): { get: () => string | null; set: (value: string) => void } {
  let kept = value;
  return { get: () => kept, set: (next) => kept = next === "" ? null : next };
}

const NOTHING = { text: "", files: [] };

Deno.test("[O3] Draft gives what was kept back to its writer alone, and forgets it at anybody else", () => {
  const owners = [undefined, "sub:alice", "sub:bob"];
  for (const writer of owners) {
    for (const reader of owners) {
      const storage = tab();
      const draft = new Draft(storage);
      draft.belongTo(writer);
      draft.keep({ text: "half a", files: ["tea.png"] });
      const left = new Draft(storage).belongTo(reader);
      assert.deepEqual(left, reader === writer ? { text: "half a", files: ["tea.png"] } : NOTHING);
      assert.equal(storage.get() === null, reader !== writer);
    }
  }
});

Deno.test("Draft keeps nothing of nothing, and takes what is no draft for none", () => {
  const storage = tab();
  const draft = new Draft(storage);
  draft.belongTo(undefined);
  draft.keep({ text: "x", files: [] });
  draft.keep(NOTHING);
  assert.equal(storage.get(), null);
  for (const junk of ["a text of an older page", "{", "null", '{"text":1,"files":[]}', '{"text":"x"}']) {
    const old = tab(junk);
    assert.deepEqual(new Draft(old).belongTo(undefined), NOTHING, junk);
    assert.equal(old.get(), null);
  }
});
