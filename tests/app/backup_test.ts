import { deepEqual, match } from "node:assert/strict";
import { backUp } from "../../src/app/backup.ts";
import { Log } from "../support/log.ts";
import { tempStorage } from "../support/temp_storage.ts";
import { contextFor, visitor } from "./command_scene.ts";

Deno.test("backup makes an error of the log of files whose bytes are not there, and of nothing else", async () => {
  await using temp = await tempStorage();
  await visitor(temp.storage, "quokka");
  const whole = { ...contextFor(temp.path), logger: new Log() };
  await backUp(whole, `${temp.path}.whole`);
  match(whole.printed.join(""), /^Backed up to .*, and \d files? to [^;]*\n$/);
  deepEqual(whole.logger.lines, []);

  for (const { name } of Deno.readDirSync(`${temp.path}-files`)) {
    await Deno.remove(`${temp.path}-files/${name}`);
  }
  const holed = { ...contextFor(temp.path), logger: new Log() };
  await backUp(holed, `${temp.path}.holed`);
  match(holed.printed.join(""), /; the bytes of 2 files were not there to be copied\n$/);
  deepEqual(holed.logger.lines.map(({ level, fields }) => [level, fields.missing]), [["error", 2]]);
});
