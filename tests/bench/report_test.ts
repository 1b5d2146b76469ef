import { equal, throws } from "node:assert/strict";
import { reaches } from "./bench.ts";
import { withReport } from "./report.ts";
import { tableRow } from "./table.ts";

const PAGE = `# Page

<!-- Written by \`deno task bench --write\`, from one run -->

old

<!-- The end of what is written -->

after
`;

Deno.test("withReport replaces what an earlier run wrote, and nothing else", () => {
  const written = withReport(PAGE, "new");
  equal(written, PAGE.replace("old", "new"));
  equal(withReport(written, "old"), PAGE);
  throws(() => withReport("# Page", "new"), /Cannot write the figures/);
});

Deno.test("docs/performance.md has a place for the table", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/performance.md", import.meta.url));
  withReport(page, "new");
});

Deno.test("A figure that could not be measured is short, and says why in the table", () => {
  const line = { figure: "start", missing: "no executable" };
  equal(reaches(line), false);
  equal(/no executable .* short/.test(tableRow(line)), true);
});
