import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("../../.ci/run", import.meta.url));
const options = { ignore: Deno.build.os === "windows" };

interface Outcome {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Runs steps of our own with the functions of `.ci/run`. */
async function run(steps: string): Promise<Outcome> {
  const { code, stdout } = await new Deno.Command("bash", {
    args: [
      "-c",
      `source "$1"; log=$(mktemp); failures=$(mktemp); trap 'rm -f "$log" "$failures"' EXIT; ${steps}\nsummary`,
      "bash",
      SCRIPT,
    ],
    stderr: "inherit",
  }).output();
  return { code, lines: new TextDecoder().decode(stdout).trimEnd().split("\n") };
}

Deno.test(".ci/run counts a step as one and goes on after a failure", options, async () => {
  const { code, lines } = await run(
    "step One true; step Two sh -c 'echo two; exit 3'; step Three echo three",
  );
  assert.equal(code, 1);
  assert.equal(lines.at(-1), "2 passed, 1 failed");
  assert(lines.includes("two") && lines.includes("three"));
  assert(
    lines.some((line) => /^-- Two: 0 passed, 1 failed, exit code 3, \d+ s$/.test(line)),
    lines.join("\n"),
  );
});

Deno.test(".ci/run adds up the summaries of deno test", options, async () => {
  const { code, lines } = await run(String.raw`
    test_step A printf 'ok | 12 passed (3 steps) | 0 failed (1s)\n'
    test_step B printf '\n\033[0m\033[32mok\033[0m | 7 passed | 0 failed | 1 ignored (2 steps) | 3 filtered out \033[2m(4s)\033[0m\n\n'
    step C true`);
  assert.equal(code, 0);
  assert.equal(lines.at(-1), "20 passed, 0 failed");
});

Deno.test(".ci/run counts failed tests", options, async () => {
  const { code, lines } = await run(
    `test_step A sh -c 'echo "FAILED | 10 passed (1 step) | 2 failed (1 step) (3s)"; exit 1'`,
  );
  assert.equal(code, 1);
  assert.equal(lines.at(-1), "10 passed, 2 failed");
});

Deno.test(".ci/run lets no test step pass that failed otherwise or ran nothing", options, async () => {
  for (
    const step of [
      "test_step A true",
      "test_step A false",
      "test_step A echo 'ok | 0 passed | 0 failed (0ms)'",
      "test_step A no-such-command",
      "STEP_LIMIT=0.05; test_step A sleep 60",
    ]
  ) {
    const { code, lines } = await run(step);
    assert.equal(lines.at(-1), "0 passed, 1 failed", step);
    assert.equal(code, 1);
  }
  const { lines } = await run("test_step A sh -c 'echo \"ok | 5 passed | 0 failed (1s)\"; exit 1'");
  assert.equal(lines.at(-1), "5 passed, 1 failed");
});

Deno.test(".ci/run says at the end again what failed, and only that", options, async () => {
  const { lines } = await run(String.raw`
    step Good echo fine
    step Plain sh -c 'seq 100; exit 1'
    test_step Tests printf 'x ... FAILED (1ms)\n\n ERRORS \n\nx => ./x_test.ts:1:6\nerror: why\n\n FAILURES \n\nx => ./x_test.ts:1:6\n\nFAILED | 3 passed | 1 failed (1s)\n'`);
  const end = lines.slice(lines.findLastIndex((line) => line.startsWith("--")) + 1);
  assert.deepEqual(end.filter((line) => line.startsWith("==")), ["== Plain: 1 failed", "== Tests: 1 failed"]);
  assert.deepEqual(
    end.filter((line) => /^\d+$/.test(line)).map(Number),
    Array.from({ length: 60 }, (_, index) => 41 + index),
  );
  assert(end.includes("x => ./x_test.ts:1:6") && end.includes("error: why"), end.join("\n"));
  assert.equal(lines.at(-1), "4 passed, 2 failed");
});

Deno.test(".ci/run gives a test step that did not end a second chance, and says so", options, async () => {
  const { code, lines } = await run(String.raw`
    unproven=$(mktemp); flag=$(mktemp -u); STEP_LIMIT=0.3
    test_step Tests sh -c "if [ -e $flag ]; then echo 'ok | 5 passed | 0 failed (1s)'; else touch $flag; sleep 60; fi"
    rm -f "$flag"; cp "$unproven" "$log"; trap 'rm -f "$log" "$failures" "$unproven"' EXIT`);
  assert.equal(code, 0);
  assert.equal(lines.at(-1), "5 passed, 0 failed");
  assert.equal(lines.at(-3), "TRIED TWICE: Tests, which did not end within 0.3 s");
});
