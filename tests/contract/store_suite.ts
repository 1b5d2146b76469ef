import { testClosing } from "./store/closing.ts";
import { testConnections } from "./store/connections.ts";
import { testDeliveries } from "./store/deliveries.ts";
import { testHistory } from "./store/history.ts";
import { testInputs } from "./store/inputs.ts";
import { testMarks } from "./store/marks.ts";
import { testMessages } from "./store/messages.ts";
import { testPending } from "./store/pending.ts";
import { testProperties } from "./store/properties.ts";
import { testResent } from "./store/resent.ts";
import type { StoreFixture, StoreTest } from "./store/story.ts";

/** One suite for every store: what the library relies on, a story a file. */
export function testStore(name: string, open: () => Promise<StoreFixture>): void {
  const test: StoreTest = (title, run) => {
    Deno.test(`${title} (${name})`, async () => {
      await using fixture = await open();
      await run(fixture.store, fixture);
    });
  };
  testConnections(test);
  testProperties(test);
  testMessages(test);
  testResent(test);
  testHistory(test);
  testPending(test);
  testDeliveries(test);
  testMarks(test);
  testInputs(test);
  testClosing(test);
}
